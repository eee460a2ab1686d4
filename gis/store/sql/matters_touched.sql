-- Open matters held by a region that an edition touched, or named beside those, and how each came to
-- it.
--   in   :day    :also  ids of matters    table touched (region_id)
--   out  id, region_id, level, lon, lat, accuracy_m, home_id (the building's grid), building_id,
--        method, state, conduct, handler_id, handler_kind, has_task
SELECT m.id, m.region_id, l.code AS level, ST_X(m.geom) AS lon, ST_Y(m.geom) AS lat, m.accuracy_m,
       h.region_id AS home_id, m.building_id, last.method, m.state, m.conduct, m.handler_id,
       coalesce(m.item ->> 'handler', m.proposal -> 'item' ->> 'handler') AS handler_kind,
       EXISTS (SELECT FROM matter_task t WHERE t.matter_id = m.id AND t.ended_at IS NULL) AS has_task
  FROM matter m
  JOIN region r ON r.id = m.region_id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN LATERAL (
       SELECT p.method FROM matter_place p WHERE p.matter_id = m.id ORDER BY p.number DESC LIMIT 1) AS last
         ON true
  LEFT JOIN place_home h ON h.kind = 'building' AND h.object_id = m.building_id
       AND CASE WHEN h.valid @> CAST(:day AS date) THEN upper_inf(h.known) END
 WHERE m.closed_at IS NULL
   AND m.id IN (SELECT o.id FROM matter o
                 WHERE o.closed_at IS NULL AND o.region_id IN (SELECT region_id FROM touched)
                 UNION
                SELECT unnest(CAST(:also AS bigint[])))
 ORDER BY m.id
