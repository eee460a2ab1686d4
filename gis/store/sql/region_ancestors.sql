-- Codes and names of regions on a day, in the order of the ids given.
--   in   :ids :valid_on    out  id, level, level_name, code, name
SELECT r.id, l.code AS level, l.name AS level_name, c.code, n.name
  FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS given(id, place)
  JOIN region r ON r.id = given.id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main' AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_name n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN true END
 ORDER BY given.place
