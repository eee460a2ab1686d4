-- Roads by their names: each with the deepest region that surely holds what lies along it. Lines of one
-- name that lie far apart are several roads. Of a road that a region is named with only the part there
-- is meant.
--   in   :names  as compared    :stated  ids of those regions, 0 for none    :beside_deg  how far from a
--        road what lies along it may be    :apart_deg  how far apart two roads are    :valid_on :known_at
--   out  n (the name, from 1), lon, lat (on the road, near its middle), geom (WKB), line (GeoJSON),
--        region_id (null: none holds all of it)    uses road_name_ix
SELECT k.n, ST_X(middle.point) AS lon, ST_Y(middle.point) AS lat, ST_AsBinary(r.geom) AS geom,
       ST_AsGeoJSON(r.geom, 7, 0) AS line, held.region_id
  FROM unnest(CAST(:names AS text[]), CAST(:stated AS bigint[])) WITH ORDINALITY AS k(name, stated, n)
  LEFT JOIN LATERAL (
       SELECT s.geom FROM region_version v JOIN shape s ON s.id = v.shape_id
        WHERE v.region_id = k.stated
          AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS stated ON true
 CROSS JOIN LATERAL (
       SELECT ST_CollectionExtract(ST_UnaryUnion(part), 2) AS geom
         FROM (SELECT unnest(ST_ClusterWithin(
                      CASE WHEN stated.geom IS NULL THEN a.geom ELSE ST_Intersection(a.geom, stated.geom) END,
                      :apart_deg)) AS part
                 FROM road a
                WHERE a.name = k.name COLLATE "C"
                  AND (stated.geom IS NULL OR ST_Intersects(a.geom, stated.geom))) AS parts
       OFFSET 0) AS r
 CROSS JOIN LATERAL (
       SELECT ST_ClosestPoint(r.geom, ST_Centroid(r.geom)) AS point, ST_Buffer(r.geom, :beside_deg, 2) AS along
       OFFSET 0) AS middle
  LEFT JOIN LATERAL (
       SELECT v.region_id
         FROM shape s
         JOIN region_version v ON v.shape_id = s.id
              AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
         JOIN region g ON g.id = v.region_id
         JOIN level l ON l.id = g.level_id AND NOT l.overlay
        WHERE s.geom ~ middle.along AND ST_Covers(s.geom, middle.along)
        ORDER BY cardinality(v.path) DESC, v.region_id LIMIT 1) AS held ON true
 WHERE NOT ST_IsEmpty(r.geom)
 ORDER BY k.n, lon, lat
