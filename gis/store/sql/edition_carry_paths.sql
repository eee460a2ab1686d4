-- Versions whose ancestors are not what their parent's versions say, cut to the days of each.
--   in   :regions  ids whose versions changed    out  table remnant
CREATE TEMPORARY TABLE remnant ON COMMIT DROP AS
SELECT v.id AS version_id, v.region_id, v.shape_id, v.parent_id, p.path || p.region_id AS path,
       v.valid * p.valid AS valid, v.edition_id
  FROM region_version v
  JOIN region_version p ON p.region_id = v.parent_id AND upper_inf(p.known) AND p.valid && v.valid
 WHERE (v.parent_id = ANY (:regions) OR v.region_id = ANY (:regions)) AND upper_inf(v.known)
   AND EXISTS (SELECT FROM region_version q
                WHERE q.region_id = v.parent_id AND upper_inf(q.known) AND q.valid && v.valid
                  AND q.path || q.region_id <> v.path)
