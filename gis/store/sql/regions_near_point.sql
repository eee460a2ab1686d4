-- Regions of all levels whose box comes within reach of a point, as they stood.
-- Driven from the shapes whatever the statistics say: OFFSET 0 keeps the order of the steps, CASE
-- keeps the index over the times out of it, since nearly every version matches those.
--   in   :lon :lat  degrees, EPSG:4490    :dx :dy  reach in degrees    :valid_on :known_at
--   out  region_id, version_id, level, code, path, covers (planar; the edge counts as covered), edition,
--        precision_m  how far off its lines may be drawn
SELECT v.region_id, v.id AS version_id, l.code AS level, c.code, v.path, near.covers, e.name AS edition,
       e.precision_m
  FROM (SELECT s.id, ST_Covers(s.geom, here.point) AS covers
          FROM shape s, (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) AS point OFFSET 0) AS here
         WHERE s.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), :dx, :dy)
        OFFSET 0) AS near
 CROSS JOIN LATERAL (
        SELECT v.id, v.region_id, v.path, v.edition_id FROM region_version v
         WHERE v.shape_id = near.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
        OFFSET 0) AS v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id
  JOIN edition e ON e.id = v.edition_id
 CROSS JOIN LATERAL (
        SELECT c.code FROM region_code_known c
         WHERE c.region_id = v.region_id AND c.scheme = 'main'
           AND CASE WHEN c.valid @> CAST(:valid_on AS date)
              THEN c.known @> CAST(:known_at AS timestamptz) END
        OFFSET 0) AS c
