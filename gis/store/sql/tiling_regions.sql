-- The regions of one level that have a shape in a box, as they stand on a day.
--   in   :level_id :wanted  code of the level asked for    :valid_on :known_at
--        :west :south :east :north  degrees, EPSG:4490
--   out  region_id, code, wanted_id  the region itself or the one above it on the level asked for,
--        NULL where there is none; shape  WKB
SELECT v.region_id, c.code, ST_AsBinary(s.geom) AS shape,
       (SELECT chain.id FROM unnest(v.path || v.region_id) AS chain(id)
          JOIN region up ON up.id = chain.id
          JOIN level l ON l.id = up.level_id AND l.code = :wanted LIMIT 1) AS wanted_id
  FROM region r
 CROSS JOIN LATERAL (
       SELECT v.region_id, v.path, v.shape_id FROM region_version v
        WHERE v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN shape s ON s.id = v.shape_id
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                        THEN c.known @> CAST(:known_at AS timestamptz) END
 WHERE r.level_id = :level_id
   AND s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
