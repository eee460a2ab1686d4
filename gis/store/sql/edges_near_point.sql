-- How far a point lies from the edges of some versions, and how much of its error disc each holds.
-- Metres on the flat map that fits the point: degrees scaled by metres per degree at its latitude.
--   in   :versions :lon :lat    :kx :ky  metres per degree    :radius_m  of the error disc, > 0
--   out  version_id, edge_m, share (0 … 1; the disc is a polygon of 128 corners)
SELECT v.id AS version_id, measured.edge_m,
       CASE WHEN measured.edge_m >= :radius_m
            THEN CAST(ST_Covers(flat.area, here.point) AS integer)
            ELSE ST_Area(ST_Intersection(ST_ClipByBox2D(flat.area, Box2D(here.disc)), here.disc))
                 / ST_Area(here.disc)
       END AS share
  FROM region_version v
  JOIN shape s ON s.id = v.shape_id
 CROSS JOIN (SELECT ST_MakePoint(0, 0) AS point, ST_Buffer(ST_MakePoint(0, 0), :radius_m, 32) AS disc) AS here
 CROSS JOIN LATERAL (
       SELECT ST_Scale(ST_SetSRID(ST_Translate(s.geom, -:lon, -:lat), 0), :kx, :ky) AS area) AS flat
 CROSS JOIN LATERAL (SELECT ST_Distance(ST_Boundary(flat.area), here.point) AS edge_m) AS measured
 WHERE v.id = ANY (:versions)
