-- Communities with a shape within a scope, by code; whose code begins with or whose name holds :q.
--   in   :valid_on :known_at :scope_everything :scope_ids :prefix :part (LIKE patterns or null)
--        :after (code or null) :most
--   out  code, name, above (name of the region above)
SELECT c.code, n.name, pn.name AS above
  FROM region_code_known c
  JOIN region r ON r.id = c.region_id
  JOIN level l ON l.id = r.level_id AND l.code = 'community'
  JOIN region_version v ON v.region_id = r.id AND v.shape_id IS NOT NULL
   AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
   AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known pn ON pn.region_id = v.parent_id AND pn.lang = 'zh' AND pn.kind = 'official'
   AND CASE WHEN pn.valid @> CAST(:valid_on AS date) THEN pn.known @> CAST(:known_at AS timestamptz) END
 WHERE c.scheme = 'main'
   AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
   AND (:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]))
   AND (CAST(:prefix AS text) IS NULL OR c.code LIKE :prefix OR n.name ILIKE :part)
   AND (CAST(:after AS text) IS NULL OR c.code > :after)
 ORDER BY c.code
 LIMIT :most
