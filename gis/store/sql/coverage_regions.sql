-- A region and all below it as they stood, or all regions; overlays are left out.
--   in   :root (id, or null for all) :valid_on :known_at, and the scope
--   out  id, level, code, name, path, source; top first, then by code
SELECT v.region_id AS id, l.code AS level, c.code, n.name, v.path, e.source
  FROM (SELECT v.region_id, v.path, v.valid, v.known, v.edition_id FROM region_version v
         WHERE CAST(:root AS bigint) IS NULL
         UNION ALL
        SELECT v.region_id, v.path, v.valid, v.known, v.edition_id FROM region_version v
         WHERE v.path @> ARRAY[CAST(:root AS bigint)]
         UNION ALL
        SELECT v.region_id, v.path, v.valid, v.known, v.edition_id FROM region_version v
         WHERE v.region_id = CAST(:root AS bigint)) AS v
  JOIN region r ON r.id = v.region_id
                AND (:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]))
  JOIN edition e ON e.id = v.edition_id
  JOIN level l ON l.id = r.level_id AND NOT l.overlay
  JOIN region_code_known c ON c.region_id = v.region_id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                        THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = v.region_id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                             THEN n.known @> CAST(:known_at AS timestamptz) END
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY l.rank, c.code COLLATE "C"
