-- Shapes that may lie along the edge of another: those whose box meets one of the boxes along it.
--   in   :west :south :east :north  boxes along all of the edge    out  id
SELECT DISTINCT s.id
  FROM unnest(CAST(:west AS float8[]), CAST(:south AS float8[]), CAST(:east AS float8[]),
              CAST(:north AS float8[])) AS edge(west, south, east, north)
  JOIN shape s ON s.geom && ST_MakeEnvelope(edge.west, edge.south, edge.east, edge.north, 4490)
 ORDER BY s.id
