-- Take the days of the restated name out of the present ones; what is left before and after stays.
-- The old row is kept in region_name_past: it was known from known_from until :now.
--   in   :now    table restated (region_id, days)
WITH cut AS (
    DELETE FROM region_name c USING restated t
     WHERE t.region_id = c.region_id AND c.valid && t.days AND c.lang = 'zh' AND c.kind = 'official'
    RETURNING c.*, t.days
), past AS (
    INSERT INTO region_name_past (region_id, lang, kind, name, valid, known)
    SELECT region_id, lang, kind, name, valid, tstzrange(known_from, CAST(:now AS timestamptz))
      FROM cut WHERE known_from < CAST(:now AS timestamptz)
)
INSERT INTO region_name (region_id, lang, kind, name, valid, known_from)
SELECT region_id, lang, kind, name, piece, CAST(:now AS timestamptz)
  FROM cut CROSS JOIN LATERAL unnest(datemultirange(valid) - datemultirange(days)) AS piece
