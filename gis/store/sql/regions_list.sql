-- Regions in force, by code; of one level or of all, whose code begins with or whose name holds :q.
--   in   :level (code or null) :valid_on :known_at :prefix :part (LIKE patterns or null)
--        :after_code :after_id (null at the start) :most
--   out  id, code, name, level, level_name, parent_code, has_shape
SELECT r.id, c.code, n.name, l.code AS level, l.name AS level_name, pc.code AS parent_code,
       v.shape_id IS NOT NULL AS has_shape
  FROM region_code_known c
  JOIN region r ON r.id = c.region_id
  JOIN level l ON l.id = r.level_id
  JOIN region_version v ON v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date)
              THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_code_known pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
                          AND CASE WHEN pc.valid @> CAST(:valid_on AS date)
              THEN pc.known @> CAST(:known_at AS timestamptz) END
 WHERE c.scheme = 'main' AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
   AND (CAST(:level AS text) IS NULL OR l.code = :level)
   AND (CAST(:prefix AS text) IS NULL OR c.code LIKE :prefix OR n.name ILIKE :part)
   AND (CAST(:after_code AS text) IS NULL OR (c.code, r.id) > (:after_code, CAST(:after_id AS bigint)))
 ORDER BY c.code, r.id
 LIMIT :most
