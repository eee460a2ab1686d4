-- Levels that have at least one shape.    out  level_id
SELECT l.id AS level_id FROM level l
 WHERE EXISTS (SELECT FROM region r JOIN region_version v ON v.region_id = r.id
                WHERE r.level_id = l.id AND v.shape_id IS NOT NULL)
