-- Take the touched days out of what was known: close those versions at :now and write what is left
-- of them, before and after those days, as known from :now on.
--   in   :now    table touched    out  table remnant (to be inserted by edition_keep_remnants)
CREATE TEMPORARY TABLE remnant ON COMMIT DROP AS
SELECT v.id AS version_id, v.region_id, v.shape_id, v.parent_id, v.path, piece AS valid, v.edition_id
  FROM region_version v
  JOIN touched t ON t.region_id = v.region_id AND v.valid && t.days
  LEFT JOIN LATERAL unnest(datemultirange(v.valid) - datemultirange(t.days)) AS piece ON true
 WHERE upper_inf(v.known)
