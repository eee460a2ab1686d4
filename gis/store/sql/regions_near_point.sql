-- Regions of all levels whose box comes within reach of a point, as they stood.
--   in   :lon :lat  degrees, EPSG:4490    :dx :dy  reach in degrees    :valid_on :known_at
--   out  region_id, version_id, level, code, path, covers (planar; the edge counts as covered), edition
SELECT r.id AS region_id, v.id AS version_id, l.code AS level, c.code, v.path,
       ST_Covers(s.geom, here.point) AS covers, e.name AS edition
  FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) AS point) AS here
  JOIN shape s ON s.geom && ST_Expand(here.point, :dx, :dy)
  JOIN region_version v ON v.shape_id = s.id AND v.valid @> CAST(:valid_on AS date)
                       AND v.known @> CAST(:known_at AS timestamptz)
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id
  JOIN edition e ON e.id = v.edition_id
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main' AND c.valid @> CAST(:valid_on AS date)
