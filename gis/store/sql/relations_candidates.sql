-- Regions as they stood that may stand in a relation to a shape, by code: their boxes allow it.
-- Whoever overlaps a shape or shares some of its edge lies along its edge: a box with ground within
-- and ground without crosses it. So the insides of a big region are not looked at. Without shapes:
-- those are read a few at a time.
--   in   :wkb  a shape, degrees (null for those along its edge)    :shape_ids  along its edge
--        :relation  covers, covered_by, overlaps, neighbours, intersects
--        :level (code or null) :not_id (region left out, or null) :valid_on :known_at
--        :after_code :after_id (null at the start)
--   out  id, shape_id, level_id, code
WITH here AS MATERIALIZED (
    SELECT ST_SetSRID(ST_GeomFromWKB(:wkb), 4490) AS asked
), near AS MATERIALIZED (
    SELECT s.id FROM here JOIN shape s ON s.geom @ here.asked WHERE CAST(:relation AS text) = 'covers'
    UNION ALL
    SELECT s.id FROM here JOIN shape s ON s.geom ~ here.asked
     WHERE CAST(:relation AS text) = 'covered_by'
    UNION ALL
    SELECT s.id FROM here JOIN shape s ON s.geom && here.asked
     WHERE CAST(:relation AS text) = 'intersects'
    UNION ALL
    SELECT along.id FROM unnest(CAST(:shape_ids AS bigint[])) AS along(id)
     WHERE CAST(:relation AS text) IN ('overlaps', 'neighbours')
)
SELECT v.region_id AS id, near.id AS shape_id, r.level_id, c.code
  FROM near
 CROSS JOIN LATERAL (
       SELECT v.region_id FROM region_version v
        WHERE v.shape_id = near.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND (CAST(:level AS text) IS NULL OR l.code = :level)
 CROSS JOIN LATERAL (
       SELECT c.code FROM region_code_known c
        WHERE c.region_id = v.region_id AND c.scheme = 'main'
          AND CASE WHEN c.valid @> CAST(:valid_on AS date)
             THEN c.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS c
 WHERE (CAST(:not_id AS bigint) IS NULL OR v.region_id <> CAST(:not_id AS bigint))
   AND (CAST(:after_code AS text) IS NULL
        OR (c.code, v.region_id) > (CAST(:after_code AS text) COLLATE "C", CAST(:after_id AS bigint)))
 ORDER BY c.code, v.region_id
