-- Shapes of one level in force that touch a box, as GeoJSON geometries (7 decimals = 1 cm).
--   in   :level :west :south :east :north  degrees   :tolerance  degrees, 0 = as kept
--        :valid_on :known_at :most
--   out  code, name, parent_code, edition, geometry (text)
SELECT c.code, n.name, pc.code AS parent_code, e.name AS edition,
       ST_AsGeoJSON(CASE WHEN :tolerance > 0 THEN ST_SimplifyPreserveTopology(s.geom, :tolerance)
                         ELSE s.geom END, :decimals, 0) AS geometry
  FROM shape s
  JOIN region_version v ON v.shape_id = s.id AND v.valid @> CAST(:valid_on AS date)
                       AND v.known @> CAST(:known_at AS timestamptz)
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = :level
  JOIN edition e ON e.id = v.edition_id
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main' AND c.valid @> CAST(:valid_on AS date)
  LEFT JOIN region_name n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND n.valid @> CAST(:valid_on AS date)
  LEFT JOIN region_code pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
                          AND pc.valid @> CAST(:valid_on AS date)
 WHERE s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
 ORDER BY c.code
 LIMIT :most
