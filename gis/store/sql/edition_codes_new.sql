-- Staged codes that their regions don't bear until then: of new regions, and of those that change theirs.
--   in   :valid_from    table incoming    out  code
SELECT i.code
  FROM incoming i
 WHERE NOT EXISTS (
       SELECT FROM region_code c
        WHERE c.region_id = i.region_id AND c.code = i.code AND c.scheme = 'main'
          AND c.valid && daterange(CAST(:valid_from AS date) - 1, CAST(:valid_from AS date), '[]'))
 ORDER BY i.code COLLATE "C"
