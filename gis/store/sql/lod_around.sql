-- Shapes of one level in force that touch the boxes of some shapes, themselves included.
--   in   :level_id :shape_ids :valid_on :known_at    out  shape_id, geom (WKB)
SELECT DISTINCT ON (v.shape_id) v.shape_id, ST_AsBinary(near.geom) AS geom
  FROM unnest(CAST(:shape_ids AS bigint[])) AS asked(id)
  JOIN shape m ON m.id = asked.id
 CROSS JOIN LATERAL (SELECT s.id, s.geom FROM shape s WHERE s.geom && m.geom OFFSET 0) AS near
 CROSS JOIN LATERAL (
       SELECT v.shape_id, v.region_id FROM region_version v
        WHERE v.shape_id = near.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
 ORDER BY v.shape_id
