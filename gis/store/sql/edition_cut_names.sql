-- Take the days of the restated name out of the present ones; what is left before and after stays.
--   in   table restated (region_id, days)
WITH cut AS (
    DELETE FROM region_name c USING restated t
     WHERE t.region_id = c.region_id AND c.valid && t.days AND c.lang = 'zh' AND c.kind = 'official'
    RETURNING c.*, t.days
)
INSERT INTO region_name (region_id, lang, kind, name, valid)
SELECT region_id, lang, kind, name, piece
  FROM cut CROSS JOIN LATERAL unnest(datemultirange(valid) - datemultirange(days)) AS piece
