-- The names of the restated days.    in  :now    table restated
INSERT INTO region_name (region_id, name, valid, known_from)
SELECT region_id, name, days, CAST(:now AS timestamptz) FROM restated WHERE name <> ''
