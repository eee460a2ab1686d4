-- Every code and every name of one region on a day.
--   in   :id :valid_on :known_at    out  kind, first, second, word
SELECT 'code' AS what, scheme AS first, '' AS second, code AS word
  FROM region_code_known WHERE region_id = :id AND valid @> CAST(:valid_on AS date)
   AND known @> CAST(:known_at AS timestamptz)
UNION ALL
SELECT 'name', lang, kind, name
  FROM region_name_known WHERE region_id = :id AND valid @> CAST(:valid_on AS date)
   AND known @> CAST(:known_at AS timestamptz)
 ORDER BY 1, 2, 3, 4
