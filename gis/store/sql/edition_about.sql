-- What editions speak for and who proposed them: the root's level, last code and name, the author.
--   in   :ids    out  id, root_level, root_code, root_name, author, undoes
SELECT e.id, l.code AS root_level, c.code AS root_code, n.name AS root_name, a.name AS author,
       u.name AS undoes
  FROM edition e
  LEFT JOIN region r ON r.id = e.root_region_id
  LEFT JOIN level l ON l.id = r.level_id
  LEFT JOIN LATERAL (SELECT code FROM region_code WHERE region_id = r.id AND scheme = 'main'
                      ORDER BY lower(valid) DESC LIMIT 1) AS c ON true
  LEFT JOIN LATERAL (SELECT name FROM region_name
                      WHERE region_id = r.id AND lang = 'zh' AND kind = 'official'
                      ORDER BY lower(valid) DESC LIMIT 1) AS n ON true
  LEFT JOIN account a ON a.id = e.made_by
  LEFT JOIN edition u ON u.id = e.undoes_id
 WHERE e.id = ANY (CAST(:ids AS bigint[]))
