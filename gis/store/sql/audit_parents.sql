-- The parents of the regions of a level under a root as they stood, with their shapes.
--   in   :level_id :root_id :valid_on :known_at    out  code (as known now), geom (WKB or null)
SELECT DISTINCT ON (pc.code) pc.code, ST_AsBinary(s.geom) AS geom
  FROM (SELECT DISTINCT v.parent_id
          FROM region_version v JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
         WHERE CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
           AND (CAST(:root_id AS bigint) IS NULL OR CAST(:root_id AS bigint) = ANY (v.path))) AS c
  JOIN region_code pc ON pc.region_id = c.parent_id AND pc.scheme = 'main'
       AND CASE WHEN pc.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_version p ON p.region_id = c.parent_id
       AND CASE WHEN p.valid @> CAST(:valid_on AS date) THEN p.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = p.shape_id
 ORDER BY pc.code
