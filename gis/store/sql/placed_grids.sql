-- The grid among the owners found, one a place: of its first ladder that has one.
--   in   table placed    out  n, region_id
SELECT DISTINCT ON (p.n) p.n, r.id AS region_id
  FROM placed p
 CROSS JOIN LATERAL unnest(p.path || p.region_id) AS chain(id)
  JOIN region r ON r.id = chain.id
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
 ORDER BY p.n, p.ladder
