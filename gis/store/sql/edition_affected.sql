-- Versions that may need other ancestors: those of changed regions, and those right under them.
--   in   table wave (region_id)    out  table affected (version_id)
CREATE TEMPORARY TABLE affected ON COMMIT DROP AS
SELECT v.id AS version_id FROM wave c JOIN region_version v ON v.region_id = c.region_id
 WHERE upper_inf(v.known)
 UNION
SELECT v.id FROM wave c JOIN region_version v ON v.parent_id = c.region_id
 WHERE upper_inf(v.known)
