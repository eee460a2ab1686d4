-- What was first known at this very moment was never known.
--   in   :kind :now    table home_moved
DELETE FROM place_home p USING home_moved m
 WHERE p.kind = :kind AND p.object_id = m.object_id AND upper_inf(p.known)
   AND p.valid && daterange(m.since, NULL)
   AND lower(p.known) >= :now
