-- The regions an open edition states, by code.    in  :edition_id    out  code, name, shape (GeoJSON)
SELECT d.code, d.name, ST_AsGeoJSON(s.geom, 7) AS shape
  FROM draft_region d
  LEFT JOIN shape s ON s.id = d.shape_id
 WHERE d.edition_id = :edition_id
 ORDER BY d.code
