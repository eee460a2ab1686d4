-- What was known of a net's members from a day on, where it differs from what is stated.
--   in   :net_id :since :now    table net_stated (unit_id, region_id)
--   out  table net_closed (unit_id, region_id, valid), gone at the end of the transaction
CREATE TEMPORARY TABLE net_closed ON COMMIT DROP AS
SELECT m.id, m.unit_id, m.region_id, m.valid
  FROM net_member m
  JOIN net_unit u ON u.id = m.unit_id AND u.net_id = :net_id
  LEFT JOIN net_stated s ON s.unit_id = m.unit_id AND s.region_id = m.region_id
 WHERE upper_inf(m.known) AND m.valid && daterange(CAST(:since AS date), NULL)
   AND NOT (s.unit_id IS NOT NULL AND m.valid @> daterange(CAST(:since AS date), NULL))
