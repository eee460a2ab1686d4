-- Give places in a gap of one rung to its nearest region within reach, if that stands under the
-- region known to cover them.
--   in   as places_cover, the box widened by the reach; :reach_m, :reach_deg (at least as far)
--        table waiting    out  table placed
INSERT INTO placed (n, ladder, rank, version_id, region_id, path, method)
SELECT DISTINCT ON (p.n) p.n, :ladder, :rank, g.version_id, g.region_id, g.path, 'nearest'
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
       SELECT w.n, flat.edge_m
         FROM waiting w
        CROSS JOIN LATERAL (
              SELECT ST_Distance(
                       ST_Scale(ST_SetSRID(ST_Translate(g.geom, -w.lon, -w.lat), 0), w.kx, w.ky),
                       ST_MakePoint(0, 0)) AS edge_m) AS flat
        WHERE w.geom && ST_Expand(g.geom, :reach_deg)
          AND (w.known_id IS NULL OR w.known_id = ANY (g.path))
          AND flat.edge_m <= :reach_m
       OFFSET 0) AS p
 ORDER BY p.n, p.edge_m, g.code, g.region_id
    ON CONFLICT (n, ladder) DO UPDATE
   SET rank = excluded.rank, version_id = excluded.version_id, region_id = excluded.region_id,
       path = excluded.path, method = excluded.method
