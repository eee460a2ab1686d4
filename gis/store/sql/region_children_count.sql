-- How many regions stand right under one, by level.
--   in   :id :valid_on :known_at    out  level, regions
SELECT l.code AS level, count(*) AS regions
  FROM region_version v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id
 WHERE v.parent_id = :id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
 GROUP BY l.code, l.rank ORDER BY l.rank
