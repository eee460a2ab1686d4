-- Imported addresses with a place whose region has ended.
--   in   :valid_on :known_at :most    out  id, lon, lat
SELECT a.id, ST_X(a.point) AS lon, ST_Y(a.point) AS lat
  FROM known_address a
 WHERE a.code LIKE 'imported:%' AND a.point IS NOT NULL
   AND a.region_id IN (
       SELECT k.region_id FROM (SELECT DISTINCT region_id FROM known_address WHERE region_id IS NOT NULL) AS k
        WHERE NOT EXISTS (
              SELECT FROM region_version v WHERE v.region_id = k.region_id
                 AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                          THEN v.known @> CAST(:known_at AS timestamptz) END))
 ORDER BY a.id LIMIT :most
