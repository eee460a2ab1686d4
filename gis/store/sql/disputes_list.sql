-- Disputes by code, each with its term of the day, else the one nearest to it.
--   in   :valid_on :known_at    :code :region_id (or null)  claimed by it, or by one above or below
--        :after (code or null) :most    :shapes  with geometries?
--   out  id, code, reason, source, settled_on, outcome, owner_id, owner, owner_stands, since, until,
--        claimants [[level, code, name], …], geometry (GeoJSON text or null)
SELECT d.id, d.code, d.reason, d.source, d.settled_on, d.outcome, t.owner_id, oc.code AS owner,
       EXISTS (SELECT FROM region_version v WHERE v.region_id = t.owner_id
                  AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                      THEN v.known @> CAST(:known_at AS timestamptz) END) AS owner_stands,
       lower(t.valid) AS since, upper(t.valid) AS until,
       (SELECT jsonb_agg(jsonb_build_array(l.code, c.code, n.name) ORDER BY l.rank, c.code)
          FROM dispute_claimant k
          JOIN region r ON r.id = k.region_id
          JOIN level l ON l.id = r.level_id
          LEFT JOIN LATERAL (SELECT code FROM region_code WHERE region_id = r.id AND scheme = 'main'
                              ORDER BY lower(valid) DESC LIMIT 1) AS c ON true
          LEFT JOIN LATERAL (SELECT name FROM region_name WHERE region_id = r.id AND lang = 'zh'
                                AND kind = 'official' ORDER BY lower(valid) DESC LIMIT 1) AS n ON true
         WHERE k.dispute_id = d.id) AS claimants,
       CASE WHEN :shapes THEN ST_AsGeoJSON(d.geom, 7, 0) END AS geometry
  FROM dispute d
 CROSS JOIN LATERAL (
       SELECT t.owner_id, t.valid FROM dispute_term t
        WHERE t.dispute_id = d.id AND lower(t.known) <= CAST(:known_at AS timestamptz)
        ORDER BY t.known @> CAST(:known_at AS timestamptz) DESC, t.valid @> CAST(:valid_on AS date) DESC,
                 lower(t.valid) <= CAST(:valid_on AS date) DESC,
                 abs(lower(t.valid) - CAST(:valid_on AS date))
        LIMIT 1) AS t
  LEFT JOIN LATERAL (SELECT code FROM region_code WHERE region_id = t.owner_id AND scheme = 'main'
                      ORDER BY lower(valid) DESC LIMIT 1) AS oc ON true
 WHERE (CAST(:after AS text) IS NULL OR d.code > :after)
   AND (CAST(:code AS text) IS NULL OR d.code = :code)
   AND (CAST(:region_id AS bigint) IS NULL OR EXISTS (
        SELECT FROM dispute_claimant k JOIN region r ON r.id = k.region_id
         WHERE k.dispute_id = d.id
           AND (r.home_path @> ARRAY[CAST(:region_id AS bigint)]
                OR r.id = ANY (CAST((SELECT home_path FROM region WHERE id = :region_id) AS bigint[])))))
 ORDER BY d.code
 LIMIT :most
