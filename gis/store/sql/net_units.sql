-- The units of a net that have grids on a day, by code. The shape is the union of the grids' shapes
-- as they stood: nobody keeps it.
--   in   :net_id :valid_on :known_at    :after (code or null) :most    :shapes  with the union?
--   out  code, name, grids (codes, in order), geometry (GeoJSON text or null)
SELECT u.code, u.name, array_agg(g.code ORDER BY g.code COLLATE "C") AS grids,
       CASE WHEN :shapes THEN ST_AsGeoJSON(ST_Multi(ST_Union(g.geom)), 7, 0) END AS geometry
  FROM (SELECT * FROM net_unit u
         WHERE u.net_id = :net_id AND (CAST(:after AS text) IS NULL OR u.code > :after)
           AND EXISTS (SELECT FROM net_member m WHERE m.unit_id = u.id
                AND CASE WHEN m.valid @> CAST(:valid_on AS date) THEN m.known @> CAST(:known_at AS timestamptz) END)
         ORDER BY u.code LIMIT :most) AS u
  JOIN net_member m ON m.unit_id = u.id
       AND CASE WHEN m.valid @> CAST(:valid_on AS date) THEN m.known @> CAST(:known_at AS timestamptz) END
 CROSS JOIN LATERAL (
       SELECT coalesce(c.code, (SELECT k.code FROM region_code k
                                 WHERE k.region_id = m.region_id AND k.scheme = 'main'
                                 ORDER BY lower(k.valid) DESC LIMIT 1)) AS code, s.geom
         FROM (SELECT) AS one
         LEFT JOIN region_code_known c ON c.region_id = m.region_id AND c.scheme = 'main'
              AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
         LEFT JOIN region_version v ON v.region_id = m.region_id
              AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
         LEFT JOIN shape s ON s.id = v.shape_id
       OFFSET 0) AS g
 GROUP BY u.id, u.code, u.name
 ORDER BY u.code
