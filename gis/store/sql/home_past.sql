-- What goes on being true of moved objects: their old homes until the day from which they moved.
--   in   :kind    table home_moved    out  table home_past, gone at the end of the transaction
CREATE TEMPORARY TABLE home_past ON COMMIT DROP AS
SELECT p.object_id, p.region_id, daterange(lower(p.valid), m.since) AS valid
  FROM place_home p
  JOIN home_moved m ON p.kind = :kind AND p.object_id = m.object_id AND upper_inf(p.known)
   AND p.valid && daterange(m.since, NULL)
 WHERE lower(p.valid) < m.since
