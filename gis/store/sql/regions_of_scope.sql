-- The regions of a level under a root as they stood; parents by the code they are known by now.
--   in   :level_id :root_id :valid_on :known_at    out  region_id, code, name, parent_code, geom (WKB)
SELECT v.region_id, c.code, coalesce(n.name, '') AS name, pc.code AS parent_code,
       ST_AsBinary(s.geom) AS geom
  FROM region_version v
  JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
       AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_code pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
       AND CASE WHEN pc.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
   AND (CAST(:root_id AS bigint) IS NULL OR CAST(:root_id AS bigint) = ANY (v.path))
 ORDER BY c.code COLLATE "C"
