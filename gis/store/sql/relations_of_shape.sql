-- Regions as they stood that stand in a relation to a shape, by code, a page at a time.
-- Driven from the shapes, as in regions_near_point. Candidates are put in order by code first and
-- tried one by one, so that a page costs what it holds and no more; what is measured is measured of
-- the page only. The shape asked about stands apart, so that no row carries it through the sorting;
-- in a test of inner points only its part within the other's box counts, which costs a hundredth.
--   in   :wkb  a shape, degrees    :relation  covers, covered_by, overlaps, neighbours, intersects
--        :level (code or null) :not_id (region left out, or null) :valid_on :known_at
--        :after_code :after_id (null at the start) :most    :step  of shape_lod, 0 = as kept
--        :shapes  with geometries?
--   out  id, code, name, level, level_name, shared_m2, shared_m, geometry (GeoJSON text or null)
SELECT found.id, found.code, n.name, l.code AS level, l.name AS level_name,
       CASE WHEN CAST(:relation AS text) IN ('overlaps', 'intersects')
            THEN ST_Area(CAST(ST_SetSRID(ST_Intersection(
                 found.geom, ST_MakeValid(ST_ClipByBox2D(found.asked, Box2D(found.geom)))), 4326) AS geography)) END AS shared_m2,
       CASE WHEN CAST(:relation AS text) = 'neighbours'
            THEN ST_Length(CAST(ST_SetSRID(ST_Intersection(ST_Boundary(found.geom), ST_Boundary(found.asked)), 4326)
                 AS geography)) END AS shared_m,
       CASE WHEN :shapes THEN ST_AsGeoJSON(COALESCE(lod.geom, found.geom), 7, 0) END AS geometry
  FROM (SELECT near.*, here.asked
          FROM (SELECT ST_SetSRID(ST_GeomFromWKB(:wkb), 4490) AS asked OFFSET 0) AS here,
               (SELECT v.region_id AS id, v.shape_id, r.level_id, c.code, s.geom
                  FROM (SELECT s.id, s.geom
                          FROM (SELECT ST_SetSRID(ST_GeomFromWKB(:wkb), 4490) AS asked OFFSET 0) AS here
                          JOIN shape s ON s.geom && here.asked
                         WHERE CASE CAST(:relation AS text)
                               WHEN 'covers' THEN s.geom @ here.asked
                               WHEN 'covered_by' THEN s.geom ~ here.asked
                               ELSE true END
                        OFFSET 0) AS s
                 CROSS JOIN LATERAL (
                       SELECT v.region_id, v.shape_id FROM region_version v
                        WHERE v.shape_id = s.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
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
                OFFSET 0) AS near
         WHERE CASE CAST(:relation AS text)
               WHEN 'covers' THEN ST_Covers(here.asked, near.geom)
               WHEN 'covered_by' THEN ST_Covers(near.geom, here.asked)
               WHEN 'overlaps' THEN
                    ST_Intersects(here.asked, near.geom) AND NOT ST_Covers(here.asked, near.geom)
                    AND ST_Relate(ST_MakeValid(ST_ClipByBox2D(here.asked, Box2D(near.geom))), near.geom, 'T********')
                    AND NOT ST_Covers(near.geom, here.asked)
               WHEN 'neighbours' THEN ST_Relate(here.asked, near.geom, '****1****')
               ELSE ST_Intersects(here.asked, near.geom) END
         LIMIT :most) AS found
  JOIN level l ON l.id = found.level_id
  LEFT JOIN shape_lod lod ON lod.shape_id = found.shape_id AND lod.level_id = found.level_id AND lod.step = :step
  LEFT JOIN region_name_known n ON n.region_id = found.id AND n.lang = 'zh' AND n.kind = 'official'
                               AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                                  THEN n.known @> CAST(:known_at AS timestamptz) END
 ORDER BY found.code, found.id
