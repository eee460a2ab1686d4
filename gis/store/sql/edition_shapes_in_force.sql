-- How the regions stand, or stood, whose ground or code an edition changes, by code.
--   in   :edition_id :valid_on :known_at :most (rows of changes looked at)
--        :after (boolean: by the codes they bear after it, else by those before it)
--   out  code, name, geom (WKB)
SELECT c.code, n.name, ST_AsBinary(s.geom) AS geom
  FROM (SELECT CASE WHEN :after THEN code ELSE code_before END AS code
          FROM edition_change
         WHERE edition_id = :edition_id
           AND changes && CAST(ARRAY['added', 'moved', 'ended', 'recoded'] AS text[])
           AND CASE WHEN :after THEN changes[1] <> 'ended' ELSE code_before IS NOT NULL END
         ORDER BY edition_change.code, id LIMIT :most) AS changed
  JOIN edition e ON e.id = :edition_id
  JOIN region_code_known c ON c.scheme = 'main' AND c.code = changed.code
   AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
  JOIN region r ON r.id = c.region_id AND r.level_id = e.level_id
  JOIN region_version v ON v.region_id = r.id
   AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN shape s ON s.id = v.shape_id
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
   AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN n.known @> CAST(:known_at AS timestamptz) END
 ORDER BY c.code
