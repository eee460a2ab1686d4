-- The regions of one level that have a shape, as they stand on a day.
--   in   :level_id :valid_on :known_at
--   out  region_id, code, mark  the same number as long as code and shape are the same
SELECT v.region_id, c.code,
       hashtextextended(c.code || ' ' || encode(s.sha256, 'hex'), 0) AS mark
  FROM region r
 CROSS JOIN LATERAL (
       SELECT v.region_id, v.shape_id FROM region_version v
        WHERE v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN shape s ON s.id = v.shape_id
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                        THEN c.known @> CAST(:known_at AS timestamptz) END
 WHERE r.level_id = :level_id
