-- Open matters with a place that a region or one below it holds.    in  :region_id
--   out  no, lon, lat
SELECT m.no, ST_X(m.geom) AS lon, ST_Y(m.geom) AS lat
  FROM matter m
  JOIN region r ON r.id = m.region_id AND CAST(:region_id AS bigint) = ANY (r.home_path)
 WHERE m.closed_at IS NULL AND m.geom IS NOT NULL
 ORDER BY m.no
