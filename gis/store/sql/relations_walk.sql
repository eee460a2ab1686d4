-- The next regions by code, whatever they are, and which of them may stand in a relation: by kinship,
-- or because their boxes allow it. Where nearly all do, that is the shortest way to a page.
--   in   :id  the region asked about (null for a shape alone)    :wkb  a shape, degrees (null for kin)
--        :relation  children, below, covers, intersects    :level (code or null)
--        :valid_on :known_at    :after_code :after_id (null at the start)
--        :most  regions gone through
--   out  id, shape_id, level_id, code: of those that may
SELECT c.region_id AS id, v.shape_id, r.level_id, c.code
  FROM (SELECT c.region_id, c.code FROM region_code_known c
         WHERE c.scheme = 'main'
           AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                    THEN c.known @> CAST(:known_at AS timestamptz) END
           AND (CAST(:after_code AS text) IS NULL
                OR (c.code, c.region_id) > (CAST(:after_code AS text) COLLATE "C", CAST(:after_id AS bigint)))
         ORDER BY c.code, c.region_id
         LIMIT :most) AS c
 CROSS JOIN (SELECT ST_Envelope(ST_SetSRID(ST_GeomFromWKB(:wkb), 4490)) AS asked OFFSET 0) AS here
 CROSS JOIN LATERAL (SELECT r.level_id FROM region r WHERE r.id = c.region_id OFFSET 0) AS r
  JOIN level l ON l.id = r.level_id AND (CAST(:level AS text) IS NULL OR l.code = :level)
 CROSS JOIN LATERAL (
       SELECT v.shape_id, v.parent_id, v.path FROM region_version v
        WHERE v.region_id = c.region_id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  LEFT JOIN LATERAL (
       SELECT s.geom FROM shape s
        WHERE s.id = v.shape_id AND CAST(:relation AS text) IN ('covers', 'intersects')
       OFFSET 0) AS s ON true
 WHERE c.region_id IS DISTINCT FROM CAST(:id AS bigint)
   AND CASE CAST(:relation AS text)
            WHEN 'children' THEN v.parent_id = CAST(:id AS bigint)
            WHEN 'below' THEN v.path @> ARRAY[CAST(:id AS bigint)]
            WHEN 'covers' THEN s.geom @ here.asked
            WHEN 'intersects' THEN s.geom && here.asked END
 ORDER BY c.code, c.region_id
