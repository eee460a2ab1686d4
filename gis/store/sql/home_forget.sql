-- What was first known at this very moment was never known.
--   in   :kind :day :now    table home_moved
DELETE FROM place_home p USING home_moved m
 WHERE p.kind = :kind AND p.object_id = m.object_id AND upper_inf(p.known)
   AND p.valid && daterange(CAST(:day AS date), NULL)
   AND lower(p.known) >= :now
