-- Which points lie in a region in force, and which at a building?
--   in   :lon :lat  arrays of degrees, EPSG:4490    :dx :dy  reach in degrees
--        :kx :ky  metres per degree    :reach_m    :valid_on :known_at
--   out  in_region, at_building, in the order given
SELECT EXISTS (
         SELECT FROM shape s
          CROSS JOIN LATERAL (
                SELECT FROM region_version v
                 WHERE v.shape_id = s.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                       THEN v.known @> CAST(:known_at AS timestamptz) END
                OFFSET 0) AS v
          WHERE s.geom && k.point AND ST_Covers(s.geom, k.point)) AS in_region,
       EXISTS (
         SELECT FROM building b
          WHERE b.geom && ST_Expand(k.point, :dx, :dy) AND b.retired_at IS NULL
            AND ST_Distance(ST_Scale(ST_SetSRID(ST_Translate(b.geom, -k.lon, -k.lat), 0), :kx, :ky),
                            ST_MakePoint(0, 0)) <= :reach_m) AS at_building
  FROM (SELECT g.n, g.lon, g.lat, ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4490) AS point
          FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS g(lon, lat, n)
        OFFSET 0) AS k
 ORDER BY k.n
