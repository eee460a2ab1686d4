-- What was known of moved objects, from their day on, isn't any more.
--   in   :kind :now :batch    table home_moved
UPDATE place_home p SET known = tstzrange(lower(p.known), :now)
  FROM home_moved m
 WHERE m.batch = :batch AND p.kind = :kind AND p.object_id = m.object_id AND upper_inf(p.known)
   AND p.valid && daterange(m.since, NULL)
