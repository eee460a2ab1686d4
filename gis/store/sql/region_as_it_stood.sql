-- One region's identity, ancestors and shape as they stood.
--   in   :level :code :valid_on :known_at    out  id, path, wkb (null without a shape)
SELECT c.region_id AS id, v.path, ST_AsBinary(s.geom) AS wkb
  FROM region_code_known c
  JOIN region r ON r.id = c.region_id
  JOIN level l ON l.id = r.level_id AND l.code = :level
  JOIN region_version v ON v.region_id = c.region_id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE c.code = :code AND c.scheme = 'main' AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
