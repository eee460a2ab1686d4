-- The units of some grids on all days, as known now.
--   in   :ids  regions
--   out  region_id, unit_id, net, net_name, unit, kind, valid_from, valid_to (null: without end)
SELECT m.region_id, u.id AS unit_id, n.code AS net, n.name AS net_name, u.code AS unit, n.kind,
       lower(m.valid) AS valid_from, upper(m.valid) AS valid_to
  FROM unnest(CAST(:ids AS bigint[])) AS asked(id)
  JOIN net_member m ON m.region_id = asked.id AND upper_inf(m.known)
  JOIN net_unit u ON u.id = m.unit_id
  JOIN net n ON n.id = u.net_id
 ORDER BY n.code, u.code, lower(m.valid)
