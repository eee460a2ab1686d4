-- Buildings and facilities whose known address names another region than their home.
--   in   :valid_on :known_at    out  id of each, now with its home's region
UPDATE known_address a SET region_id = t.region_id
  FROM (SELECT 'building:' || b.code AS code, h.region_id
          FROM place_home h JOIN building b ON b.id = h.object_id
         WHERE h.kind = 'building'
           AND CASE WHEN h.valid @> CAST(:valid_on AS date) THEN h.known @> CAST(:known_at AS timestamptz) END
        UNION ALL
        SELECT 'facility:' || f.code, h.region_id
          FROM place_home h JOIN facility f ON f.id = h.object_id
         WHERE h.kind = 'facility'
           AND CASE WHEN h.valid @> CAST(:valid_on AS date) THEN h.known @> CAST(:known_at AS timestamptz) END) AS t
 WHERE a.code = t.code AND a.region_id IS DISTINCT FROM t.region_id
RETURNING a.id
