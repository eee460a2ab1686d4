-- Boxes of the regions, of any level, that editions drew to some metres only, as they stand on a day.
--   in   :valid_on :known_at    out  west, south, east, north  degrees, EPSG:4490; precision_m
SELECT ST_XMin(s.geom) AS west, ST_YMin(s.geom) AS south, ST_XMax(s.geom) AS east,
       ST_YMax(s.geom) AS north, e.precision_m
  FROM edition e
  JOIN region_version v ON v.edition_id = e.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN shape s ON s.id = v.shape_id
 WHERE e.precision_m > 0
