-- Where open matters in a box lie, those of complaints about people left out.
--   in   :west :south :east :north  degrees, EPSG:4490    out  lon, lat
SELECT ST_X(m.geom) AS lon, ST_Y(m.geom) AS lat
  FROM matter m
 WHERE m.closed_at IS NULL AND NOT m.conduct
   AND m.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
