-- How many shapes of one level in force touch a box.
--   in   :level :west :south :east :north :valid_on :known_at    out  count
SELECT count(*)
  FROM shape s
  JOIN region_version v ON v.shape_id = s.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = :level
 WHERE s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
