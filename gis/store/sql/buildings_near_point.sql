-- Buildings within reach of a point, the nearest first: by footprint, by their point where there is none.
-- Metres on the flat map that fits the point, 0 inside a footprint, whose edge counts as inside.
--   in   :lon :lat  degrees, EPSG:4490    :dx :dy  reach in degrees    :kx :ky  metres per degree
--        :reach_m :most
--   out  code, metres, contains
--   uses building_geom_gix, building_point_gix; OFFSET 0 keeps `IS NULL` away from the first of them
WITH here AS MATERIALIZED (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) AS point)
SELECT near.code, near.metres, near.contains
  FROM (SELECT b.code, ST_Covers(b.shape, here.point) AND ST_Dimension(b.shape) = 2 AS contains,
               ST_Distance(ST_Scale(ST_SetSRID(ST_Translate(b.shape, -:lon, -:lat), 0), :kx, :ky),
                           ST_MakePoint(0, 0)) AS metres
          FROM here
         CROSS JOIN LATERAL (
               SELECT b.code, b.geom AS shape FROM building b
                WHERE b.geom && ST_Expand(here.point, :dx, :dy) AND b.retired_at IS NULL
               UNION ALL
               SELECT p.code, p.point
                 FROM (SELECT b.code, b.point, b.geom IS NULL AS bare FROM building b
                        WHERE b.point && ST_Expand(here.point, :dx, :dy) AND b.retired_at IS NULL
                       OFFSET 0) AS p
                WHERE p.bare
               OFFSET 0) AS b
        OFFSET 0) AS near
 WHERE near.metres <= :reach_m
 ORDER BY round(CAST(near.metres AS numeric), 6), near.code
 LIMIT :most
