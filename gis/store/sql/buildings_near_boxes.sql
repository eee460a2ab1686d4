-- Buildings whose box meets one of several boxes, by code: footprints, points where there is none.
--   in   :west :south :east :north  arrays of degrees, EPSG:4490    out  code, shape (WKB)
--   uses building_geom_gix, building_point_gix; OFFSET 0 keeps `IS NULL` away from the first of them
SELECT b.code, ST_AsBinary(coalesce(b.geom, b.point)) AS shape
  FROM (SELECT found.id
          FROM unnest(CAST(:west AS float8[]), CAST(:south AS float8[]),
                      CAST(:east AS float8[]), CAST(:north AS float8[])) AS box(west, south, east, north)
         CROSS JOIN LATERAL (
               SELECT b.id FROM building b
                WHERE b.geom && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4490)
               UNION ALL
               SELECT p.id
                 FROM (SELECT b.id, b.geom IS NULL AS bare FROM building b
                        WHERE b.point && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4490)
                       OFFSET 0) AS p
                WHERE p.bare
               OFFSET 0) AS found
         GROUP BY found.id) AS near
  JOIN building b ON b.id = near.id AND b.retired_at IS NULL
 ORDER BY b.code
