-- How many regions may stand in a relation, or stand on a level, counted to a limit. Versions of
-- other days count, too.
--   in   :id  the region (null for a shape alone)    :wkb  a shape, degrees (null for kin)
--        :relation  children, below, covers, intersects    :level (code, or null: not counted)
--        :most    out  size, of_level: how many, at most :most
SELECT (SELECT count(*)
          FROM (SELECT FROM region_version
                 WHERE CAST(:relation AS text) = 'children' AND parent_id = :id
                UNION ALL
                SELECT FROM region_version
                 WHERE CAST(:relation AS text) = 'below' AND path @> ARRAY[CAST(:id AS bigint)]
                UNION ALL
                SELECT FROM shape s
                 WHERE CAST(:relation AS text) IN ('covers', 'intersects')
                   AND s.geom && (SELECT ST_Envelope(ST_SetSRID(ST_GeomFromWKB(:wkb), 4490)) OFFSET 0)
                 LIMIT :most) AS found) AS size,
       (SELECT count(*)
          FROM (SELECT FROM level l JOIN region r ON r.level_id = l.id
                 WHERE l.code = :level LIMIT :most) AS there) AS of_level
