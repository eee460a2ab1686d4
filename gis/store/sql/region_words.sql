-- Every code and every name of one region on a day.
--   in   :id :valid_on    out  kind, first, second, word
SELECT 'code' AS what, scheme AS first, '' AS second, code AS word
  FROM region_code WHERE region_id = :id AND valid @> CAST(:valid_on AS date)
UNION ALL
SELECT 'name', lang, kind, name
  FROM region_name WHERE region_id = :id AND valid @> CAST(:valid_on AS date)
 ORDER BY 1, 2, 3, 4
