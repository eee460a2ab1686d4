-- The codes of the restated days.    in  :level_id :now    table restated
INSERT INTO region_code (region_id, level_id, code, valid, known_from)
SELECT region_id, :level_id, code, days, CAST(:now AS timestamptz) FROM restated WHERE code IS NOT NULL
