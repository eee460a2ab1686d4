-- Grids that open editions bring, by code; of several editions one that is scheduled, then the first.
--   in   :codes
--   out  code, region_id (null: it has no identity yet), edition_id, edition, valid_from,
--        above (ids of what it will lie in, top first; for scope until it is in force)
SELECT DISTINCT ON (d.code) d.code, d.region_id, e.id AS edition_id, e.name AS edition, e.valid_from,
       coalesce(p.home_path, '{}') AS above
  FROM unnest(CAST(:codes AS text[])) AS wanted(code)
  JOIN draft_region d ON d.code = wanted.code
  JOIN edition e ON e.id = d.edition_id AND e.state IN ('draft', 'scheduled')
  JOIN level l ON l.id = e.level_id AND l.code = 'grid'
  LEFT JOIN LATERAL (
       SELECT r.home_path FROM region_code c JOIN region r ON r.id = c.region_id
        WHERE c.code = d.parent_code AND c.scheme = 'main' AND c.level_id <> e.level_id
          AND c.valid @> e.valid_from
        ORDER BY c.level_id DESC, c.region_id LIMIT 1) AS p ON true
 WHERE NOT EXISTS (
       SELECT FROM region_code c
        WHERE c.code = d.code AND c.level_id = e.level_id AND c.scheme = 'main'
          AND c.valid && daterange(e.valid_from, NULL))
 ORDER BY d.code, e.state <> 'scheduled', e.valid_from, e.id
