-- Simplified outlines of some regions of one level as they stood.
--   in   :level :codes :tolerance (degrees) :valid_on :known_at    out  code, geometry (GeoJSON)
SELECT c.code, ST_AsGeoJSON(ST_SimplifyPreserveTopology(s.geom, :tolerance), 6) AS geometry
  FROM unnest(CAST(:codes AS text[])) AS wanted(code)
  JOIN region_code_known c ON c.code = wanted.code COLLATE "C" AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                        THEN c.known @> CAST(:known_at AS timestamptz) END
  JOIN region r ON r.id = c.region_id
  JOIN level l ON l.id = r.level_id AND l.code = :level
  JOIN region_version v ON v.region_id = c.region_id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN shape s ON s.id = v.shape_id
