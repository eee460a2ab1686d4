-- Staged codes that another region has on those days and keeps.
--   in   :level_id :valid_from    tables incoming, ending    out  code, row
SELECT i.code, i.row
  FROM incoming i
  JOIN region_code c ON c.code = i.code AND c.level_id = :level_id AND c.scheme = 'main'
                    AND c.valid && daterange(CAST(:valid_from AS date), i.until)
 WHERE i.region_id IS NOT NULL AND c.region_id <> i.region_id
   AND NOT EXISTS (SELECT FROM incoming o WHERE o.region_id = c.region_id)
   AND NOT EXISTS (SELECT FROM ending e WHERE e.region_id = c.region_id)
 ORDER BY i.row LIMIT 1000
