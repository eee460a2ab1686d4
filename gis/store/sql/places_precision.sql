-- Make the error discs of staged places as large as their error and that of the boundaries near them
-- together, as single places have them: the root of the sum of squares.
--   in   :reach_m :valid_on :known_at    table place    out  table place: radius_m
UPDATE place p
   SET radius_m = sqrt(p.radius_m ^ 2 + near.precision_m ^ 2)
  FROM (SELECT q.n, max(v.precision_m) AS precision_m
          FROM place q
         CROSS JOIN LATERAL (
               SELECT e.precision_m
                 FROM shape s
                 JOIN region_version v ON v.shape_id = s.id
                      AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                          THEN v.known @> CAST(:known_at AS timestamptz) END
                 JOIN edition e ON e.id = v.edition_id AND e.precision_m > 0
                WHERE s.geom && ST_Expand(q.geom, greatest(:reach_m, q.radius_m) / greatest(q.kx, 1e-6),
                                          greatest(:reach_m, q.radius_m) / q.ky)
               OFFSET 0) AS v
         GROUP BY q.n) AS near
 WHERE p.n = near.n
