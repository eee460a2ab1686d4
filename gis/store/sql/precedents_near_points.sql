-- Decisions on places within reach of points, the newest of each first, whose regions are still in force.
--   in   :points  JSON, of each: n, lon lat dx dy (degrees, EPSG:4490), kx ky (metres per degree)
--        :reach_m :valid_on :known_at
--   out  n, region_id, path, decided_at; by n    uses precedent_point_gix
SELECT g.n, p.region_id, v.path, p.decided_at
  FROM jsonb_to_recordset(CAST(:points AS jsonb)) AS g(
       n integer, lon float8, lat float8, dx float8, dy float8, kx float8, ky float8)
 CROSS JOIN LATERAL (
       SELECT p.id, p.region_id, p.decided_at FROM precedent p
        WHERE p.kind = 'place'
          AND p.point && ST_MakeEnvelope(g.lon - g.dx, g.lat - g.dy, g.lon + g.dx, g.lat + g.dy, 4490)
          AND ((ST_X(p.point) - g.lon) * g.kx) ^ 2 + ((ST_Y(p.point) - g.lat) * g.ky) ^ 2
              <= CAST(:reach_m AS float8) ^ 2
       OFFSET 0) AS p
  JOIN region_version v ON v.region_id = p.region_id
       AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY g.n, p.decided_at DESC, p.id DESC
