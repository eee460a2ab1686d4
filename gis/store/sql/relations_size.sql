-- How many regions may stand in a relation, counted to a limit. Versions of other days count, too.
--   in   :id  the region (null for a shape alone)    :wkb  a shape, degrees (null for kin)
--        :relation  children, below, covers, intersects    :most    out  how many, at most :most
SELECT count(*) AS size
  FROM (SELECT FROM region_version WHERE CAST(:relation AS text) = 'children' AND parent_id = :id
        UNION ALL
        SELECT FROM region_version
         WHERE CAST(:relation AS text) = 'below' AND path @> ARRAY[CAST(:id AS bigint)]
        UNION ALL
        SELECT FROM shape s
         WHERE CAST(:relation AS text) IN ('covers', 'intersects')
           AND s.geom && (SELECT ST_Envelope(ST_SetSRID(ST_GeomFromWKB(:wkb), 4490)) OFFSET 0)
         LIMIT :most) AS found
