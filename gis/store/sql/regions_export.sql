-- All regions of one level as they stood, by code, those under one region or everywhere.
--   in   :level :root_id (null = everywhere) :valid_on :known_at
--   out  code, name, parent_code, edition, valid_from, valid_to, shape (WKB or null)
SELECT c.code, n.name, pc.code AS parent_code, e.name AS edition,
       lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, ST_AsBinary(s.geom) AS shape
  FROM level l
  JOIN region r ON r.level_id = l.id
  JOIN region_version v ON v.region_id = r.id
                       AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                           THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN edition e ON e.id = v.edition_id
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
                          AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                              THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                               AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                                   THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_code_known pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
                                AND CASE WHEN pc.valid @> CAST(:valid_on AS date)
                                    THEN pc.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE l.code = :level AND (CAST(:root_id AS bigint) IS NULL OR v.path @> ARRAY[CAST(:root_id AS bigint)])
 ORDER BY c.code, r.id
