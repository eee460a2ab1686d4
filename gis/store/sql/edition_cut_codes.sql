-- Take the days of the restated code out of the present ones; what is left before and after stays.
--   in   table restated (region_id, days)
WITH cut AS (
    DELETE FROM region_code c USING restated t
     WHERE t.region_id = c.region_id AND c.valid && t.days AND c.scheme = 'main'
    RETURNING c.*, t.days
)
INSERT INTO region_code (region_id, level_id, scheme, code, valid)
SELECT region_id, level_id, scheme, code, piece
  FROM cut CROSS JOIN LATERAL unnest(datemultirange(valid) - datemultirange(days)) AS piece
