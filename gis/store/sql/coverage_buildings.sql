-- What to say and draw of some buildings.
--   in   :codes :decimals    out  code, name, address, geometry (GeoJSON: footprint, else point)
SELECT b.code, b.name, b.address, ST_AsGeoJSON(coalesce(b.geom, b.point), :decimals) AS geometry
  FROM unnest(CAST(:codes AS text[])) AS wanted(code)
  JOIN building b ON b.code = wanted.code COLLATE "C"
