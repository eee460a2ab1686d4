-- A building or a compound by its code, and the grids it lies in: its home, or those of its buildings.
--   in   :kind  building, compound    :code :valid_on :known_at
--   out  building_id (null of a compound), grids (ids)
SELECT p.building_id,
       ARRAY(SELECT DISTINCT h.region_id
               FROM building b
               JOIN place_home h ON h.kind = 'building' AND h.object_id = b.id AND h.region_id IS NOT NULL
                    AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                             THEN h.known @> CAST(:known_at AS timestamptz) END
              WHERE (b.id = p.building_id OR b.compound_id = p.compound_id) AND b.retired_at IS NULL
              ORDER BY h.region_id) AS grids
  FROM (SELECT id AS building_id, CAST(NULL AS bigint) AS compound_id FROM building
         WHERE CAST(:kind AS text) = 'building' AND code = :code AND retired_at IS NULL
        UNION ALL
        SELECT NULL, id FROM compound WHERE CAST(:kind AS text) = 'compound' AND code = :code) AS p
