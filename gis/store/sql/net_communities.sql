-- Every grid in force under a region (null: everywhere), and those of a net wherever they stand, with
-- the community above.
--   in   :net_id :home_id :valid_on :known_at    out  grid, community (codes; null where none stands above)
SELECT c.code AS grid, a.code AS community
  FROM region_version v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN LATERAL (
       SELECT ac.code FROM unnest(v.path) AS above(id)
         JOIN region ar ON ar.id = above.id
         JOIN level al ON al.id = ar.level_id AND al.code = 'community'
         JOIN region_code_known ac ON ac.region_id = ar.id AND ac.scheme = 'main'
              AND CASE WHEN ac.valid @> CAST(:valid_on AS date)
                   THEN ac.known @> CAST(:known_at AS timestamptz) END
        LIMIT 1) AS a ON true
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
   AND (CAST(:home_id AS bigint) IS NULL OR CAST(:home_id AS bigint) = ANY (v.path)
        OR EXISTS (SELECT FROM net_member m JOIN net_unit u ON u.id = m.unit_id AND u.net_id = :net_id
                    WHERE m.region_id = v.region_id))
