-- Take the days of the restated code out of the present ones; what is left before and after stays.
-- The old row is kept in region_code_past: it was known from known_from until :now.
--   in   :now    table restated (region_id, days)
WITH cut AS (
    DELETE FROM region_code c USING restated t
     WHERE t.region_id = c.region_id AND c.valid && t.days AND c.scheme = 'main'
    RETURNING c.*, t.days
), past AS (
    INSERT INTO region_code_past (region_id, scheme, code, valid, known)
    SELECT region_id, scheme, code, valid, tstzrange(known_from, CAST(:now AS timestamptz))
      FROM cut WHERE known_from < CAST(:now AS timestamptz)
)
INSERT INTO region_code (region_id, level_id, scheme, code, valid, known_from)
SELECT region_id, level_id, scheme, code, piece, CAST(:now AS timestamptz)
  FROM cut CROSS JOIN LATERAL unnest(datemultirange(valid) - datemultirange(days)) AS piece
