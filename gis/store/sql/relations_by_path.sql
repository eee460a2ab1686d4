-- Regions by kinship, by code: the children of one, all below it on one level, or those above it.
-- Each is looked up by itself: for some thousands of kin; of more see relations_by_path_many.
--   in   :id  the region    :relation  children, below, ancestors    :level (code or null)
--        :path  ids above the region, top first    :valid_on :known_at
--        :after_code :after_id (null at the start) :most
--   out  id, shape_id, level_id, code
SELECT v.region_id AS id, v.shape_id, r.level_id, c.code
  FROM (SELECT * FROM region_version WHERE CAST(:relation AS text) = 'children' AND parent_id = :id
        UNION ALL
        SELECT * FROM region_version
         WHERE CAST(:relation AS text) = 'below' AND path @> ARRAY[CAST(:id AS bigint)]
        UNION ALL
        SELECT * FROM region_version
         WHERE CAST(:relation AS text) = 'ancestors' AND region_id = ANY (CAST(:path AS bigint[]))) AS v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND (CAST(:level AS text) IS NULL OR l.code = :level)
 CROSS JOIN LATERAL (
       SELECT c.code FROM region_code_known c
        WHERE c.region_id = v.region_id AND c.scheme = 'main'
          AND CASE WHEN c.valid @> CAST(:valid_on AS date)
             THEN c.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS c
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date)
            THEN v.known @> CAST(:known_at AS timestamptz) END
   AND (CAST(:after_code AS text) IS NULL
        OR (c.code, v.region_id) > (CAST(:after_code AS text) COLLATE "C", CAST(:after_id AS bigint)))
 ORDER BY c.code, v.region_id
 LIMIT :most
