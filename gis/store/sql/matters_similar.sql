-- Open matters of one category near a point, the nearest first by the flat map at the point.
-- Only what the caller may see: in the scope or filed by the account; never complaints about people.
--   in   :category :lon :lat  degrees, EPSG:4490    :dx :dy  reach in degrees    :since
--        :account_id :scope_everything :scope_ids :most
--   out  no, text, lon, lat, received_at
SELECT m.no, m.text, ST_X(m.geom) AS lon, ST_Y(m.geom) AS lat, m.received_at
  FROM matter m
  LEFT JOIN region r ON r.id = m.region_id
 WHERE m.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), :dx, :dy)
   AND m.category = :category AND m.closed_at IS NULL AND m.received_at >= :since AND NOT m.conduct
   AND (m.filed_by = :account_id OR :scope_everything
        OR r.home_path && CAST(:scope_ids AS bigint[]))
 ORDER BY abs(ST_X(m.geom) - :lon) / :dx + abs(ST_Y(m.geom) - :lat) / :dy, m.id
 LIMIT :most
