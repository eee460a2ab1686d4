-- The deepest owner of each place: how far its edge is and how much of the error disc it holds.
-- Metres on the flat map that fits the place, as in edges_near_point; OFFSET 0 has each step worked
-- out once.
--   in   :overlays_from  ladders from this number on are overlays    tables place, placed
--   out  n, method, edition, edge_m, share
SELECT near.n, near.method, e.name AS edition, near.edge_m,
       CASE WHEN near.edge_m >= near.radius_m THEN CAST(near.method <> 'nearest' AS integer)
            ELSE (SELECT ST_Area(ST_Intersection(ST_ClipByBox2D(near.area, Box2D(disc)), disc))
                         / ST_Area(disc)
                    FROM (SELECT ST_Buffer(ST_MakePoint(0, 0), near.radius_m, 32) AS disc OFFSET 0) AS d)
       END AS share
  FROM (SELECT flat.*, ST_Distance(ST_Boundary(flat.area), ST_MakePoint(0, 0)) AS edge_m
          FROM (SELECT d.n, d.method, d.radius_m, v.edition_id,
                       ST_Scale(ST_SetSRID(ST_Translate(s.geom, -d.lon, -d.lat), 0), d.kx, d.ky) AS area
                  FROM (SELECT DISTINCT ON (o.n) o.n, o.method, o.version_id,
                               p.lon, p.lat, p.kx, p.ky, p.radius_m
                          FROM placed o JOIN place p ON p.n = o.n
                         WHERE o.ladder < :overlays_from
                         ORDER BY o.n, o.rank DESC, o.ladder) AS d
                  JOIN region_version v ON v.id = d.version_id
                  JOIN shape s ON s.id = v.shape_id
                OFFSET 0) AS flat
        OFFSET 0) AS near
  JOIN edition e ON e.id = near.edition_id
