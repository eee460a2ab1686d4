-- The regions of one level under a region on a day, with their shapes, by code.
--   in   :region_id :level :valid_on :known_at    out  id, code, name, parent_code, geom (WKB or null)
SELECT r.id, c.code, n.name, pc.code AS parent_code, ST_AsBinary(s.geom) AS geom
  FROM region_version v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = :level
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
   AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
   AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_code_known pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
   AND CASE WHEN pc.valid @> CAST(:valid_on AS date) THEN pc.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE (CAST(:region_id AS bigint) = ANY (v.path) OR v.region_id = :region_id)
   AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY c.code
