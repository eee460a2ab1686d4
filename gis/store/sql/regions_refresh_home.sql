-- The home of each region named: its ancestors and itself as they stand :today; a region of the
-- future or of the past keeps the path of its nearest days.
--   in   :regions :today
UPDATE region r SET home_path = v.path || r.id
  FROM (SELECT DISTINCT ON (region_id) region_id, path
          FROM region_version
         WHERE region_id = ANY (:regions) AND upper_inf(known)
         ORDER BY region_id, valid @> CAST(:today AS date) DESC,
                  coalesce(upper(valid) <= CAST(:today AS date), false),
                  lower(valid)) AS v
 WHERE v.region_id = r.id AND r.home_path <> v.path || r.id
