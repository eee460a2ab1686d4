-- Code and name of each region that has a shape, and of those above it, top first.
--   in   :level_id :valid_on :known_at    out  region_id, chain: JSON, [level, code, name] each
SELECT v.region_id,
       (SELECT jsonb_agg(jsonb_build_array(l.code, c.code, n.name) ORDER BY chain.place)
          FROM unnest(v.path || v.region_id) WITH ORDINALITY AS chain(id, place)
          JOIN region up ON up.id = chain.id
          JOIN level l ON l.id = up.level_id
          LEFT JOIN region_code_known c ON c.region_id = up.id AND c.scheme = 'main'
                AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                    THEN c.known @> CAST(:known_at AS timestamptz) END
          LEFT JOIN region_name_known n ON n.region_id = up.id AND n.lang = 'zh'
                AND n.kind = 'official' AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                    THEN n.known @> CAST(:known_at AS timestamptz) END) AS chain
  FROM region r JOIN region_version v ON v.region_id = r.id
 WHERE r.level_id = :level_id AND v.shape_id IS NOT NULL
   AND CASE WHEN v.valid @> CAST(:valid_on AS date)
       THEN v.known @> CAST(:known_at AS timestamptz) END
