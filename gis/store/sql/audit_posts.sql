-- Grids without a responsible member, and members without a post, at one instant; none while nobody
-- holds any post at all.
--   in   :root_id :valid_on :known_at :now    out  vacant (boolean), code, lon, lat
SELECT true AS vacant, c.code, ST_X(ST_PointOnSurface(s.geom)) AS lon, ST_Y(ST_PointOnSurface(s.geom)) AS lat
  FROM region r
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_version v ON v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE EXISTS (SELECT FROM post)
   AND (CAST(:root_id AS bigint) IS NULL OR CAST(:root_id AS bigint) = ANY (v.path))
   AND NOT EXISTS (SELECT FROM post p WHERE p.region_id = r.id AND p.responsible
                      AND p.valid @> CAST(:now AS timestamptz))
UNION ALL
SELECT false, m.code, NULL, NULL
  FROM member m
 WHERE CAST(:root_id AS bigint) IS NULL AND EXISTS (SELECT FROM post)
   AND NOT EXISTS (SELECT FROM post p WHERE p.member_id = m.id AND p.valid @> CAST(:now AS timestamptz))
 ORDER BY 1 DESC, 2
