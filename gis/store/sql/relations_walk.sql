-- The next regions by code, whatever they are, and which of them may stand in a relation: by kinship,
-- or because their boxes allow it. Where many do, that is the shortest way to a page.
--   in   :id  the region asked about (null for a shape alone)    :wkb  a shape, degrees (null for kin)
--        :relation  children, below, covers, intersects    :level (code or null)
--        :valid_on :known_at    :after_code :after_id (null at the start)
--        :most  regions gone through
--   out  id, shape_id, level_id, code, may: of those that may, and of the last one gone through where
--        there may be more
SELECT found.id, found.shape_id, found.level_id, found.code, found.may
  FROM (SELECT c.region_id AS id, v.shape_id, r.level_id, c.code, c.n,
               c.region_id IS DISTINCT FROM CAST(:id AS bigint)
               AND (CAST(:level AS text) IS NULL OR r.level_id = wanted.level_id)
               AND coalesce(CASE CAST(:relation AS text)
                    WHEN 'children' THEN v.parent_id = CAST(:id AS bigint)
                    WHEN 'below' THEN v.path @> ARRAY[CAST(:id AS bigint)]
                    WHEN 'covers' THEN s.geom @ here.asked
                    WHEN 'intersects' THEN s.geom && here.asked END, false) AS may
          FROM (SELECT c.region_id, c.code, row_number() OVER (ORDER BY c.code, c.region_id) AS n
                  FROM region_code_known c
                 WHERE c.scheme = 'main'
                   AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                            THEN c.known @> CAST(:known_at AS timestamptz) END
                   AND (CAST(:after_code AS text) IS NULL
                        OR (c.code, c.region_id) > (CAST(:after_code AS text) COLLATE "C", CAST(:after_id AS bigint)))
                 ORDER BY c.code, c.region_id
                 LIMIT :most) AS c
         CROSS JOIN (SELECT ST_Envelope(ST_SetSRID(ST_GeomFromWKB(:wkb), 4490)) AS asked OFFSET 0) AS here
         CROSS JOIN (SELECT (SELECT id FROM level WHERE code = :level) AS level_id OFFSET 0) AS wanted
         CROSS JOIN LATERAL (SELECT r.level_id FROM region r WHERE r.id = c.region_id OFFSET 0) AS r
          LEFT JOIN LATERAL (
               SELECT v.shape_id, v.parent_id, v.path FROM region_version v
                WHERE v.region_id = c.region_id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                     THEN v.known @> CAST(:known_at AS timestamptz) END
               OFFSET 0) AS v ON true
          LEFT JOIN LATERAL (
               SELECT s.geom FROM shape s
                WHERE s.id = v.shape_id AND CAST(:relation AS text) IN ('covers', 'intersects')
               OFFSET 0) AS s ON true) AS found
 WHERE found.may OR found.n = :most
 ORDER BY found.code, found.id
