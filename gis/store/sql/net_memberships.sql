-- The memberships known now of some grids that go on after a day, or ended before it.
--   in   :ids  regions    :since
--   out  region_id, unit_id, net, net_name, unit, kind, valid_from, valid_to (null: without end)
SELECT m.region_id, u.id AS unit_id, n.code AS net, n.name AS net_name, u.code AS unit, n.kind,
       lower(m.valid) AS valid_from, upper(m.valid) AS valid_to
  FROM net_member m
  JOIN net_unit u ON u.id = m.unit_id
  JOIN net n ON n.id = u.net_id
 WHERE m.region_id = ANY (CAST(:ids AS bigint[])) AND upper_inf(m.known)
 ORDER BY n.code, u.code, lower(m.valid)
