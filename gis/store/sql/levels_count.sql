-- How many regions each level has in force, how many of them with a shape, and their common box.
--   in   :valid_on :known_at    out  level, regions, shapes, west, south, east, north
SELECT l.code AS level, count(*) AS regions, count(v.shape_id) AS shapes,
       ST_XMin(ST_Extent(s.geom)) AS west, ST_YMin(ST_Extent(s.geom)) AS south,
       ST_XMax(ST_Extent(s.geom)) AS east, ST_YMax(ST_Extent(s.geom)) AS north
  FROM region_version v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
 GROUP BY l.code
