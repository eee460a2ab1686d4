-- Shapes in force on a day whose levels of detail are missing, and those that touch them: their
-- edges may have got new nodes. Tiling levels only. At most :most shapes that are missing.
--   in   :valid_on :known_at :most    out  level_id, shape_id, geom (WKB)
WITH missing AS MATERIALIZED (
    SELECT v.shape_id, r.level_id, s.geom
      FROM region_version v
      JOIN region r ON r.id = v.region_id
      JOIN level l ON l.id = r.level_id AND NOT l.overlay
      JOIN shape s ON s.id = v.shape_id
     WHERE CASE WHEN v.valid @> CAST(:valid_on AS date)
                THEN v.known @> CAST(:known_at AS timestamptz) END
       AND NOT EXISTS (SELECT FROM shape_lod d WHERE d.shape_id = v.shape_id AND d.level_id = r.level_id)
     ORDER BY r.level_id, v.shape_id
     LIMIT :most
)
SELECT DISTINCT ON (m.level_id, v.shape_id) m.level_id, v.shape_id, ST_AsBinary(near.geom) AS geom
  FROM missing m
 CROSS JOIN LATERAL (SELECT s.id, s.geom FROM shape s WHERE s.geom && m.geom OFFSET 0) AS near
 CROSS JOIN LATERAL (
       SELECT v.shape_id, v.region_id FROM region_version v
        WHERE v.shape_id = near.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN region r ON r.id = v.region_id AND r.level_id = m.level_id
 ORDER BY m.level_id, v.shape_id
