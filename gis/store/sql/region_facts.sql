-- One region as it stood.
--   in   :level :code :valid_on :known_at
--   out  id, name, level_name, path, valid, edition, source, edition_from, area_m2, west … north, lon, lat
SELECT r.id, n.name, l.name AS level_name, v.path, v.valid, v.id AS version_id,
       e.name AS edition, e.source, e.valid_from AS edition_from,
       ST_Area(CAST(ST_SetSRID(s.geom, 4326) AS geography)) AS area_m2,
       ST_XMin(s.geom) AS west, ST_YMin(s.geom) AS south, ST_XMax(s.geom) AS east, ST_YMax(s.geom) AS north,
       ST_X(inside.point) AS lon, ST_Y(inside.point) AS lat
  FROM region_code_known c
  JOIN region r ON r.id = c.region_id
  JOIN level l ON l.id = r.level_id
  JOIN region_version v ON v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN edition e ON e.id = v.edition_id
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date)
              THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = v.shape_id
  LEFT JOIN LATERAL (SELECT ST_PointOnSurface(s.geom) AS point) AS inside ON true
 WHERE l.code = :level AND c.code = :code AND c.scheme = 'main' AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
