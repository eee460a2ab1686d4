-- About how many regions of a level lie in a box: those that ever did.
--   in   :level_id :west :south :east :north  degrees, EPSG:4490    out  regions
SELECT count(DISTINCT v.region_id) AS regions
  FROM shape s JOIN region_version v ON v.shape_id = s.id
  JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
 WHERE s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
