-- The deepest owner of each place: how far its edge is and how much of the error disc it holds.
-- Metres on the flat map that fits the place, as in edges_near_point.
--   in   :overlays_from  ladders from this number on are overlays    tables place, placed
--   out  n, method, edition, edge_m, share
SELECT d.n, d.method, e.name AS edition, measured.edge_m,
       CASE WHEN measured.edge_m >= d.radius_m THEN CAST(d.method <> 'nearest' AS integer)
            ELSE (SELECT ST_Area(ST_Intersection(ST_ClipByBox2D(flat.area, Box2D(disc)), disc)) / ST_Area(disc)
                    FROM ST_Buffer(ST_MakePoint(0, 0), d.radius_m, 32) AS disc)
       END AS share
  FROM (SELECT DISTINCT ON (o.n) o.n, o.method, o.version_id, p.lon, p.lat, p.kx, p.ky, p.radius_m
          FROM placed o JOIN place p ON p.n = o.n
         WHERE o.ladder < :overlays_from
         ORDER BY o.n, o.rank DESC, o.ladder) AS d
  JOIN region_version v ON v.id = d.version_id
  JOIN edition e ON e.id = v.edition_id
  JOIN shape s ON s.id = v.shape_id
 CROSS JOIN LATERAL (
       SELECT ST_Scale(ST_SetSRID(ST_Translate(s.geom, -d.lon, -d.lat), 0), d.kx, d.ky) AS area) AS flat
 CROSS JOIN LATERAL (SELECT ST_Distance(ST_Boundary(flat.area), ST_MakePoint(0, 0)) AS edge_m) AS measured
