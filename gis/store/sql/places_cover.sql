-- Give waiting places to the regions of one rung that cover them, the lowest code first.
-- Driven from the polygon side on purpose: the other way round costs five times as much.
--   in   :ladder :rank :level_id :valid_on :known_at    :west :south :east :north  box of the places
--        table waiting    out  table placed
INSERT INTO placed (n, ladder, rank, version_id, region_id, path, method)
SELECT DISTINCT ON (p.n) p.n, :ladder, :rank, g.version_id, g.region_id, g.path,
       CASE WHEN count(*) OVER (PARTITION BY p.n) > 1 THEN 'shared_edge' ELSE 'covers' END
  FROM (SELECT r.id AS region_id, v.id AS version_id, v.path, c.code, s.geom
          FROM shape s
          JOIN region_version v ON v.shape_id = s.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
          JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
          JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
                            AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                                THEN c.known @> CAST(:known_at AS timestamptz) END
         WHERE s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)) AS g
 CROSS JOIN LATERAL (
       SELECT w.n FROM waiting w WHERE w.geom && g.geom AND ST_Covers(g.geom, w.geom) OFFSET 0) AS p
 ORDER BY p.n, g.code, g.region_id
