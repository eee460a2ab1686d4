-- Nets by code, with how many units and grids they have on a day.
--   in   :valid_on :known_at    :kind :grid (code) :region_id :code  (each or null)
--        :after (code or null) :most
--   out  id, code, name, kind, home_id, home_level, home_code, organisation, source, changed_at,
--        units, grids
SELECT n.id, n.code, n.name, n.kind, n.home_region_id AS home_id, l.code AS home_level,
       c.code AS home_code, o.code AS organisation, n.source, n.changed_at,
       count(DISTINCT u.id) FILTER (WHERE m.id IS NOT NULL) AS units,
       count(DISTINCT m.region_id) AS grids
  FROM net n
  LEFT JOIN region r ON r.id = n.home_region_id
  LEFT JOIN level l ON l.id = r.level_id
  LEFT JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN organisation o ON o.id = n.organisation_id
  LEFT JOIN net_unit u ON u.net_id = n.id
  LEFT JOIN net_member m ON m.unit_id = u.id
       AND CASE WHEN m.valid @> CAST(:valid_on AS date) THEN m.known @> CAST(:known_at AS timestamptz) END
 WHERE (CAST(:after AS text) IS NULL OR n.code > :after)
   AND (CAST(:code AS text) IS NULL OR n.code = :code)
   AND (CAST(:kind AS text) IS NULL OR n.kind = :kind)
   AND (CAST(:region_id AS bigint) IS NULL OR n.home_region_id IS NULL
        OR r.home_path @> ARRAY[CAST(:region_id AS bigint)]
        OR n.home_region_id = ANY (CAST((SELECT home_path FROM region WHERE id = :region_id) AS bigint[])))
   AND (CAST(:grid AS text) IS NULL OR EXISTS (
        SELECT FROM net_unit gu
          JOIN net_member g ON g.unit_id = gu.id
           AND CASE WHEN g.valid @> CAST(:valid_on AS date) THEN g.known @> CAST(:known_at AS timestamptz) END
          JOIN region_code gc ON gc.region_id = g.region_id AND gc.scheme = 'main' AND gc.code = :grid
           AND CASE WHEN gc.valid @> CAST(:valid_on AS date) THEN true END
         WHERE gu.net_id = n.id))
 GROUP BY n.id, l.code, c.code, o.code
 ORDER BY n.code
 LIMIT :most
