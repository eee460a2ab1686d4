-- The home of each changed region: its ancestors and itself as they stand :today; a region of the
-- future or of the past keeps the path of its nearest days.
--   in   :today    table changed (region_id)
UPDATE region r SET home_path = v.path || r.id
  FROM (SELECT DISTINCT ON (v.region_id) v.region_id, v.path
          FROM changed c
          JOIN region_version v ON v.region_id = c.region_id AND upper_inf(v.known)
         ORDER BY v.region_id, v.valid @> CAST(:today AS date) DESC,
                  coalesce(upper(v.valid) <= CAST(:today AS date), false),
                  lower(v.valid)) AS v
 WHERE v.region_id = r.id AND r.home_path <> v.path || r.id
