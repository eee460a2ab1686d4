-- Buildings, facilities and grids by their codes: their places, and the paths of the grids they belong to.
--   in   :things  JSON, of each: n, thing (B, F or G), code    :valid_on :known_at
--   out  n, id, region_id, path (top first, the grid itself last), lon, lat (NULLs where nobody knows); by n
SELECT g.n, thing.id, home.id AS region_id, home.home_path AS path,
       ST_X(thing.point) AS lon, ST_Y(thing.point) AS lat
  FROM jsonb_to_recordset(CAST(:things AS jsonb)) AS g(n integer, thing text, code text)
 CROSS JOIN LATERAL (
        SELECT b.id, b.point, 'building' AS kind FROM building b
         WHERE g.thing = 'B' AND b.code = g.code
        UNION ALL
        SELECT f.id, f.point, 'facility' FROM facility f WHERE g.thing = 'F' AND f.code = g.code
        UNION ALL
        SELECT c.region_id, NULL, 'grid' FROM region_code c JOIN level l ON l.id = c.level_id
         WHERE g.thing = 'G' AND l.code = 'grid' AND c.scheme = 'main' AND c.code = g.code
           AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
        OFFSET 0) AS thing
  LEFT JOIN LATERAL (
        SELECT h.region_id FROM place_home h
         WHERE h.kind = thing.kind AND h.object_id = thing.id
           AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                    THEN h.known @> CAST(:known_at AS timestamptz) END
        OFFSET 0) AS h ON true
  LEFT JOIN region home
         ON home.id = CASE WHEN thing.kind = 'grid' THEN thing.id ELSE h.region_id END
 ORDER BY g.n
