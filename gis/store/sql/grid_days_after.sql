-- The days after :day on which grids near a box change, as known now.
--   in   :day    :west :south :east :north  degrees, EPSG:4490    out  day, in order
SELECT DISTINCT b.day
  FROM shape s
  JOIN region_version v ON v.shape_id = s.id AND upper_inf(v.known)
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
 CROSS JOIN LATERAL (VALUES (lower(v.valid)), (upper(v.valid))) AS b(day)
 WHERE s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490) AND b.day > :day
 ORDER BY b.day
