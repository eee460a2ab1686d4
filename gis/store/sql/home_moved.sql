-- The objects whose grid isn't the one that is known.
--   in   :kind    table home_stated (object_id, region_id or null)
--   out  table home_moved, gone at the end of the transaction
CREATE TEMPORARY TABLE home_moved ON COMMIT DROP AS
SELECT h.object_id, h.region_id
  FROM home_stated h
  LEFT JOIN place_home p ON p.kind = :kind AND p.object_id = h.object_id
                        AND upper_inf(p.known) AND upper_inf(p.valid)
 WHERE p.region_id IS DISTINCT FROM h.region_id
