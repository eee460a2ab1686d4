-- Codes and names of regions on a day, in the order of the ids given.
--   in   :ids :valid_on :known_at    out  id, level, level_name, code, name
SELECT r.id, l.code AS level, l.name AS level_name, c.code, n.name
  FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS given(id, place)
  JOIN region r ON r.id = given.id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main' AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date)
              THEN n.known @> CAST(:known_at AS timestamptz) END
 ORDER BY given.place
