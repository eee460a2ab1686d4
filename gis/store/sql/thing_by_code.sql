-- A building, a facility or a grid by its code: its place, and the path of the grid it belongs to.
--   in   :thing  B, F or G    :code :valid_on :known_at
--   out  id, region_id, path (top first, the grid itself last), lon, lat; NULLs where nobody knows
SELECT thing.id, home.id AS region_id, home.home_path AS path,
       ST_X(thing.point) AS lon, ST_Y(thing.point) AS lat
  FROM (SELECT b.id, b.point, 'building' AS kind FROM building b
         WHERE :thing = 'B' AND b.code = :code
        UNION ALL
        SELECT f.id, f.point, 'facility' FROM facility f WHERE :thing = 'F' AND f.code = :code
        UNION ALL
        SELECT c.region_id, NULL, 'grid' FROM region_code c JOIN level l ON l.id = c.level_id
         WHERE :thing = 'G' AND l.code = 'grid' AND c.scheme = 'main' AND c.code = :code
           AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END) AS thing
  LEFT JOIN place_home h ON h.kind = thing.kind AND h.object_id = thing.id
        AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                 THEN h.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region home
         ON home.id = CASE WHEN thing.kind = 'grid' THEN thing.id ELSE h.region_id END
