-- Grids that a responsible member or a substitute has, whose box meets one of several boxes, by code.
--   in   :west :south :east :north  arrays of degrees, EPSG:4490    :valid_on :known_at
--   out  code, shape (WKB)
SELECT c.code, ST_AsBinary(s.geom) AS shape
  FROM (SELECT found.id
          FROM unnest(CAST(:west AS float8[]), CAST(:south AS float8[]),
                      CAST(:east AS float8[]), CAST(:north AS float8[])) AS box(west, south, east, north)
         CROSS JOIN LATERAL (
               SELECT s.id FROM shape s
                WHERE s.geom && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4490)
               OFFSET 0) AS found
         GROUP BY found.id) AS near
  JOIN shape s ON s.id = near.id
  JOIN region_version v ON v.shape_id = s.id
       AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
 WHERE EXISTS (SELECT FROM post p
                WHERE p.region_id = r.id AND (p.responsible OR p.role = 'substitute')
                  AND p.valid @> CAST(:known_at AS timestamptz))
 ORDER BY c.code COLLATE "C"
