-- Buildings that stand in a box, with their households.
--   in   :west :south :east :north  degrees, EPSG:4490    out  lon, lat, households
SELECT ST_X(p.place) AS lon, ST_Y(p.place) AS lat, b.households
  FROM building b
 CROSS JOIN LATERAL (SELECT coalesce(b.point, ST_PointOnSurface(b.geom)) AS place OFFSET 0) AS p
 WHERE b.retired_at IS NULL
   AND (b.point && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
        OR (b.point IS NULL AND b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)))
