-- The known address of a place: of the building whose footprint holds it, else the nearest one.
--   in   :lon :lat  degrees, EPSG:4490    :dx :dy  reach in degrees    :kx :ky  metres per degree    :reach_m
--   out  code, name, text, region_id, lon, lat, metres  (0 inside a footprint); at most one row
--   uses building_geom_gix, known_address_point_gix
WITH here AS MATERIALIZED (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) AS point)
SELECT near.code, near.name, near.text, near.region_id, ST_X(near.point) AS lon, ST_Y(near.point) AS lat,
       near.metres
  FROM (SELECT a.code, a.name, a.text, a.region_id, a.point, CAST(0 AS float8) AS metres
          FROM here JOIN building b ON ST_Covers(b.geom, here.point) AND b.retired_at IS NULL
          JOIN known_address a ON a.code = 'building:' || b.code
        UNION ALL
        SELECT a.code, a.name, a.text, a.region_id, a.point,
               sqrt(((ST_X(a.point) - :lon) * :kx) ^ 2 + ((ST_Y(a.point) - :lat) * :ky) ^ 2)
          FROM here JOIN known_address a
            ON a.point && ST_MakeEnvelope(:lon - :dx, :lat - :dy, :lon + :dx, :lat + :dy, 4490)
         WHERE a.code NOT LIKE 'compound:%') AS near
 WHERE near.metres <= :reach_m
 ORDER BY near.metres, near.code COLLATE "C"
 LIMIT 1
