-- What was known of moved objects, from the day on, isn't any more.
--   in   :kind :day :now    table home_moved
UPDATE place_home p SET known = tstzrange(lower(p.known), :now)
  FROM home_moved m
 WHERE p.kind = :kind AND p.object_id = m.object_id AND upper_inf(p.known)
   AND p.valid && daterange(CAST(:day AS date), NULL)
