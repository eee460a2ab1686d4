-- Organisations by code; of a region those at home in it, above it or below it.
--   in   :valid_on    :region_id (or null) :after (code or null) :most
--   out  code, name, kind, home_level, home_code, home_name, parent_code, duty_phone, handles
SELECT o.code, o.name, o.kind, l.code AS home_level, c.code AS home_code, n.name AS home_name,
       above.code AS parent_code, o.duty_phone, o.handles
  FROM organisation o
  JOIN region r ON r.id = o.home_region_id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN organisation above ON above.id = o.parent_id
  LEFT JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main'
                         AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_name n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN true END
 WHERE (CAST(:after AS text) IS NULL OR o.code > :after)
   AND (CAST(:region_id AS bigint) IS NULL
        OR r.home_path @> ARRAY[CAST(:region_id AS bigint)]
        OR r.id = ANY (CAST((SELECT home_path FROM region WHERE id = :region_id) AS bigint[])))
 ORDER BY o.code
 LIMIT :most
