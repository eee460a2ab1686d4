-- Regions by kinship, by code, of a region with so many kin that looking each up costs seconds: the
-- kin are laid out once, and codes are gone through in their order until the page is full. IS TRUE
-- keeps the planner from turning that into a look-up of each.
--   in   :id  the region    :relation  children, below    :level (code or null)    :valid_on :known_at
--        :after_code :after_id (null at the start) :most
--   out  id, shape_id, level_id, code
WITH kin AS MATERIALIZED (
    SELECT v.region_id
      FROM (SELECT * FROM region_version WHERE CAST(:relation AS text) = 'children' AND parent_id = :id
            UNION ALL
            SELECT * FROM region_version
             WHERE CAST(:relation AS text) = 'below' AND path @> ARRAY[CAST(:id AS bigint)]) AS v
     WHERE CASE WHEN v.valid @> CAST(:valid_on AS date)
                THEN v.known @> CAST(:known_at AS timestamptz) END
), page AS MATERIALIZED (
    SELECT c.region_id, c.code, r.level_id
      FROM region_code_known c
     CROSS JOIN LATERAL (SELECT r.level_id FROM region r WHERE r.id = c.region_id OFFSET 0) AS r
     CROSS JOIN LATERAL (
           SELECT FROM level l
            WHERE l.id = r.level_id AND (CAST(:level AS text) IS NULL OR l.code = :level) OFFSET 0) AS l
     WHERE c.scheme = 'main' AND (c.region_id IN (SELECT region_id FROM kin)) IS TRUE
       AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                THEN c.known @> CAST(:known_at AS timestamptz) END
       AND (CAST(:after_code AS text) IS NULL
            OR (c.code, c.region_id) > (CAST(:after_code AS text) COLLATE "C", CAST(:after_id AS bigint)))
     ORDER BY c.code, c.region_id
     LIMIT :most
)
SELECT page.region_id AS id, v.shape_id, page.level_id, page.code
  FROM page
 CROSS JOIN LATERAL (
       SELECT v.shape_id FROM region_version v
        WHERE v.region_id = page.region_id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
 ORDER BY page.code, page.region_id
