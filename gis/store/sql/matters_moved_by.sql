-- Open matters that an edition moved and nobody moved since, with what held them before: only where
-- that is in force.
--   in   :edition  its name    :since  when it was activated    :day
--   out  id, region_id, method, confident, edge_m
SELECT m.id, was.region_id, was.method, was.confident, was.edge_m
  FROM matter m
 CROSS JOIN LATERAL (
       SELECT p.method, p.number, p.since FROM matter_place p
        WHERE p.matter_id = m.id ORDER BY p.number DESC LIMIT 1) AS last
  JOIN matter_place was ON was.matter_id = m.id AND was.number = last.number - 1
  JOIN region_version v ON v.region_id = was.region_id
       AND CASE WHEN v.valid @> CAST(:day AS date) THEN upper_inf(v.known) END
 WHERE m.closed_at IS NULL
   AND last.since >= CAST(:since AS timestamptz)
   AND EXISTS (SELECT FROM matter_event e
                WHERE e.matter_id = m.id AND e.recorded_at = last.since AND e.action = 'rehomed'
                  AND e.detail ->> 'edition' = :edition)
 ORDER BY m.id
