-- Where roads of two names meet: their common points, or the middle of where they come near each
-- other without touching (lines are drawn past each other by some metres).
--   in   :one :other  arrays of names as compared, a pair at each place    :near_deg  degrees
--   out  n (the pair, from 1), lon, lat
--   uses road_name_ix
SELECT k.n, ST_X(met.point) AS lon, ST_Y(met.point) AS lat
  FROM unnest(CAST(:one AS text[]), CAST(:other AS text[])) WITH ORDINALITY AS k(one, other, n)
  JOIN road a ON a.name = k.one COLLATE "C"
  JOIN road b ON b.name = k.other COLLATE "C" AND ST_DWithin(a.geom, b.geom, :near_deg)
 CROSS JOIN LATERAL (
       SELECT (ST_DumpPoints(
                CASE WHEN ST_Intersects(a.geom, b.geom) THEN ST_Intersection(a.geom, b.geom)
                     ELSE ST_Centroid(ST_ShortestLine(a.geom, b.geom)) END)).geom AS point
       OFFSET 0) AS met
 ORDER BY k.n, lon, lat
