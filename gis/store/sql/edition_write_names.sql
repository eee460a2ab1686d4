-- The names of the restated days.    in  table restated
INSERT INTO region_name (region_id, name, valid)
SELECT region_id, name, days FROM restated WHERE name <> ''
