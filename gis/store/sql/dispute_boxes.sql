-- The boxes of contested ground, whether in force or not, that meet a box.
--   in   :west :south :east :north  degrees, EPSG:4490    out  west, south, east, north
SELECT ST_XMin(geom) AS west, ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north
  FROM dispute
 WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
