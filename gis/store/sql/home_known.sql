-- The homes known now of the objects asked about.
--   in   :kind    table home_asked    out  object_id, region_id, since, until
SELECT h.object_id, h.region_id, lower(h.valid) AS since, upper(h.valid) AS until
  FROM home_asked a
  JOIN place_home h ON h.kind = :kind AND h.object_id = a.id AND upper_inf(h.known)
 ORDER BY h.object_id, lower(h.valid)
