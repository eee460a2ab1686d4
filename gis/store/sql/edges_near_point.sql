-- How far a point lies from the edges of some versions, and how much of its error disc each holds.
-- Metres on the flat map that fits the point: degrees scaled by metres per degree at its latitude.
-- OFFSET 0 has each step worked out once.
--   in   :versions :lon :lat    :kx :ky  metres per degree    :radius_m  of the error disc, > 0
--   out  version_id, edge_m, share (0 … 1; the disc is a polygon of 128 corners)
SELECT near.id AS version_id, near.edge_m,
       CASE WHEN near.edge_m >= :radius_m
            THEN CAST(ST_Covers(near.area, ST_MakePoint(0, 0)) AS integer)
            ELSE (SELECT ST_Area(ST_Intersection(ST_ClipByBox2D(near.area, Box2D(disc)), disc))
                         / ST_Area(disc)
                    FROM (SELECT ST_Buffer(ST_MakePoint(0, 0), :radius_m, 32) AS disc OFFSET 0) AS d)
       END AS share
  FROM (SELECT flat.id, flat.area, ST_Distance(ST_Boundary(flat.area), ST_MakePoint(0, 0)) AS edge_m
          FROM (SELECT v.id, ST_Scale(ST_SetSRID(ST_Translate(s.geom, -:lon, -:lat), 0), :kx, :ky) AS area
                  FROM region_version v
                  JOIN shape s ON s.id = v.shape_id
                 WHERE v.id = ANY (:versions)
                OFFSET 0) AS flat
        OFFSET 0) AS near
