-- The codes of the restated days.    in  :level_id    table restated
INSERT INTO region_code (region_id, level_id, code, valid)
SELECT region_id, :level_id, code, days FROM restated WHERE code IS NOT NULL
