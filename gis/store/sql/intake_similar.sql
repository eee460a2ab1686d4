-- Open matters of the same category near new ones, as whoever files may see them: those that are
-- kept, and those of the same group that came before it and are about to be. OFFSET 0 leaves only the index
-- of places to go by: on its first day a table without rows is the same by any.
--   in   :matters  JSON, of each: n, category, lon lat dx dy (degrees, EPSG:4490), since, account_id,
--        scope_everything, scope_ids
--        :newcomers  JSON, of each: n, id, no, text, category, region_id, account_id, lon, lat, received_at
--        :most
--   out  n, no, text, lon, lat, received_at: the nearest of each, :most at most
WITH newcomer AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:newcomers AS jsonb)) AS c(
         n integer, id bigint, no text, text text, category text, region_id bigint,
         account_id bigint, lon float8, lat float8, received_at timestamptz))
SELECT g.n, m.no, m.text, m.lon, m.lat, m.received_at
  FROM jsonb_to_recordset(CAST(:matters AS jsonb)) AS g(
       n integer, category text, lon float8, lat float8, dx float8, dy float8, since timestamptz,
       account_id bigint, scope_everything boolean, scope_ids bigint[])
 CROSS JOIN LATERAL (
       SELECT m.*
         FROM (SELECT near.id, near.no, near.text, near.lon, near.lat, near.received_at,
                      near.region_id, near.filed_by
                 FROM (SELECT m.*, ST_X(m.geom) AS lon, ST_Y(m.geom) AS lat
                         FROM matter m
                        WHERE m.geom && ST_Expand(ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4490), g.dx, g.dy)
                       OFFSET 0) AS near
                WHERE near.category = g.category AND near.closed_at IS NULL
                  AND near.received_at >= g.since AND NOT near.conduct
               UNION ALL
               SELECT c.id, c.no, c.text, c.lon, c.lat, c.received_at, c.region_id, c.account_id
                 FROM newcomer c
                WHERE c.n < g.n AND c.category = g.category
                  AND abs(c.lon - g.lon) <= g.dx AND abs(c.lat - g.lat) <= g.dy) AS m
         LEFT JOIN region r ON r.id = m.region_id
        WHERE m.filed_by = g.account_id OR g.scope_everything OR r.home_path && g.scope_ids
        ORDER BY abs(m.lon - g.lon) / g.dx + abs(m.lat - g.lat) / g.dy, m.id
        LIMIT :most) AS m
 ORDER BY g.n, abs(m.lon - g.lon) / g.dx + abs(m.lat - g.lat) / g.dy, m.id
