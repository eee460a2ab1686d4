-- The grids an activation has changed, as they were known just before it and as they are now, on the
-- edition's day.
--   in   :since :before  (an instant just before the activation)    table touched
--   out  region_id, until, was, is_now (WKB, null where not in force or without a shape)
SELECT t.region_id, upper(t.days) AS until, ST_AsBinary(ws.geom) AS was, ST_AsBinary(ns.geom) AS is_now
  FROM (SELECT region_id, range_merge(range_agg(days)) AS days FROM touched GROUP BY region_id) AS t
  JOIN region r ON r.id = t.region_id
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  LEFT JOIN region_version w ON w.region_id = t.region_id
       AND CASE WHEN w.valid @> CAST(:since AS date) THEN w.known @> CAST(:before AS timestamptz) END
  LEFT JOIN shape ws ON ws.id = w.shape_id
  LEFT JOIN region_version n ON n.region_id = t.region_id
       AND CASE WHEN n.valid @> CAST(:since AS date) THEN upper_inf(n.known) END
  LEFT JOIN shape ns ON ns.id = n.shape_id
