-- Regions of one level, as they stood, whose box meets that of a shape, by code: for levels with few
-- regions, however many others there are.
--   in   :wkb  a shape, degrees    :level :not_id (region left out, or null) :valid_on :known_at
--        :after_code :after_id (null at the start)
--   out  id, shape_id, level_id, code
SELECT r.id, v.shape_id, r.level_id, c.code
  FROM level l
  JOIN region r ON r.level_id = l.id
 CROSS JOIN LATERAL (
       SELECT v.shape_id FROM region_version v
        WHERE v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN shape s ON s.id = v.shape_id
               AND s.geom && (SELECT ST_Envelope(ST_SetSRID(ST_GeomFromWKB(:wkb), 4490)) OFFSET 0)
 CROSS JOIN LATERAL (
       SELECT c.code FROM region_code_known c
        WHERE c.region_id = r.id AND c.scheme = 'main'
          AND CASE WHEN c.valid @> CAST(:valid_on AS date)
             THEN c.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS c
 WHERE l.code = :level AND (CAST(:not_id AS bigint) IS NULL OR r.id <> CAST(:not_id AS bigint))
   AND (CAST(:after_code AS text) IS NULL
        OR (c.code, r.id) > (CAST(:after_code AS text) COLLATE "C", CAST(:after_id AS bigint)))
 ORDER BY c.code, r.id
