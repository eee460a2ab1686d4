-- Versions whose ancestors are not what their parent's versions say, cut to the days of each.
--   in   table affected    out  table remnant
CREATE TEMPORARY TABLE remnant ON COMMIT DROP AS
SELECT v.id AS version_id, v.region_id, v.shape_id, v.parent_id, p.path || p.region_id AS path,
       v.valid * p.valid AS valid, v.edition_id
  FROM affected a
  JOIN region_version v ON v.id = a.version_id
  JOIN region_version p ON p.region_id = v.parent_id AND upper_inf(p.known) AND p.valid && v.valid
 WHERE EXISTS (SELECT FROM region_version q
                WHERE q.region_id = v.parent_id AND upper_inf(q.known) AND q.valid && v.valid
                  AND q.path || q.region_id <> v.path)
