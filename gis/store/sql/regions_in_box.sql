-- Shapes of one level in force that touch a box, as GeoJSON geometries, lowest codes first.
-- Driven from the shapes, as in regions_near_point; only those sent are written out.
--   in   :level :west :south :east :north  degrees   :tolerance  degrees, 0 = as kept
--        :step  of shape_lod, 0 = none
--        :decimals :valid_on :known_at :most
--   out  code, name, parent_code, edition, geometry (text)
SELECT c.code, n.name, pc.code AS parent_code, e.name AS edition,
       ST_AsGeoJSON(CASE WHEN lod.geom IS NOT NULL THEN lod.geom
                         WHEN :tolerance > 0 THEN ST_SimplifyPreserveTopology(s.geom, :tolerance)
                         ELSE s.geom END, :decimals, 0) AS geometry
  FROM (SELECT v.region_id, v.parent_id, v.edition_id, v.shape_id, r.level_id
          FROM (SELECT s.id FROM shape s
                 WHERE s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490) OFFSET 0) AS near
         CROSS JOIN LATERAL (
                SELECT v.* FROM region_version v
                 WHERE v.shape_id = near.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
                OFFSET 0) AS v
          JOIN region r ON r.id = v.region_id
          JOIN level l ON l.id = r.level_id AND l.code = :level
          JOIN region_code_known c ON c.region_id = v.region_id AND c.scheme = 'main'
                            AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
         ORDER BY c.code
         LIMIT :most) AS v
  JOIN shape s ON s.id = v.shape_id
  LEFT JOIN shape_lod lod ON lod.shape_id = v.shape_id AND lod.level_id = v.level_id AND lod.step = :step
  JOIN edition e ON e.id = v.edition_id
  JOIN region_code_known c ON c.region_id = v.region_id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = v.region_id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date)
              THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_code_known pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
                          AND CASE WHEN pc.valid @> CAST(:valid_on AS date)
              THEN pc.known @> CAST(:known_at AS timestamptz) END
 ORDER BY c.code
