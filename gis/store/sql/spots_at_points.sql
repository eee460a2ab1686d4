-- Everything that decides where points belong, in one statement: for each the same as regions_near_point,
-- edges_near_point and region_ancestors give one after the other. Regions above a covering one are
-- not measured: their edges decide nothing. OFFSET 0 keeps each look a look by index, however many
-- rows the planner takes the points for.
--   in   :points  JSON, of each: n, lon lat (degrees, EPSG:4490), dx dy (reach in degrees), kx ky (metres
--        per degree), radius_m (of the error disc, > 0)    :valid_on :known_at
--   out  n, near, precision_m of the boundaries near: one row a point that has any, by n; and first
--        one row without n: known, the names of all regions spoken of. near and known are JSON
WITH given AS MATERIALIZED (
  SELECT g.*, ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4490) AS point
    FROM jsonb_to_recordset(CAST(:points AS jsonb)) AS g(
         n integer, lon float8, lat float8, dx float8, dy float8, kx float8, ky float8, radius_m float8)),
near AS MATERIALIZED (
  SELECT g.n, v.region_id, v.id AS version_id, r.level, c.code, v.path, s.covers, e.name AS edition,
         e.precision_m, s.geom
    FROM given g
   CROSS JOIN LATERAL (
          SELECT s.id, s.geom, ST_Covers(s.geom, g.point) AS covers
            FROM shape s WHERE s.geom && ST_Expand(g.point, g.dx, g.dy)
          OFFSET 0) AS s
   CROSS JOIN LATERAL (
          SELECT v.id, v.region_id, v.path, v.edition_id FROM region_version v
           WHERE v.shape_id = s.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                THEN v.known @> CAST(:known_at AS timestamptz) END
          OFFSET 0) AS v
   CROSS JOIN LATERAL (
          SELECT l.code AS level FROM region r JOIN level l ON l.id = r.level_id WHERE r.id = v.region_id
          OFFSET 0) AS r
   CROSS JOIN LATERAL (
          SELECT e.name, e.precision_m FROM edition e WHERE e.id = v.edition_id
          OFFSET 0) AS e
   CROSS JOIN LATERAL (
          SELECT c.code FROM region_code c
           WHERE c.region_id = v.region_id AND c.scheme = 'main'
             AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
          OFFSET 0) AS c),
measured AS (
  SELECT flat.n, flat.version_id, flat.edge_m,
         CASE WHEN flat.edge_m >= flat.radius_m
              THEN CAST(ST_Covers(flat.area, ST_MakePoint(0, 0)) AS integer)
              ELSE (SELECT ST_Area(ST_Intersection(ST_ClipByBox2D(flat.area, Box2D(disc)), disc))
                           / ST_Area(disc)
                      FROM (SELECT ST_Buffer(ST_MakePoint(0, 0), flat.radius_m, 32) AS disc OFFSET 0) AS d)
         END AS share
    FROM (SELECT n.n, n.version_id, g.radius_m, a.area,
                 ST_Distance(ST_Boundary(a.area), ST_MakePoint(0, 0)) AS edge_m
            FROM near n
            JOIN given g ON g.n = n.n
           CROSS JOIN LATERAL (
                  SELECT ST_Scale(ST_SetSRID(ST_Translate(n.geom, -g.lon, -g.lat), 0), g.kx, g.ky) AS area
                  OFFSET 0) AS a
           WHERE NOT EXISTS (SELECT FROM near b
                              WHERE b.n = n.n AND b.covers AND n.region_id = ANY (b.path))
          OFFSET 0) AS flat)
SELECT NULL AS n, NULL AS near, NULL AS precision_m,
       (SELECT jsonb_agg(jsonb_build_array(i.id, l.code, c.code, w.name))
          FROM (SELECT DISTINCT unnest(n.path || n.region_id) AS id FROM near n) AS i
         CROSS JOIN LATERAL (
                SELECT l.code FROM region r JOIN level l ON l.id = r.level_id WHERE r.id = i.id
                OFFSET 0) AS l
          LEFT JOIN LATERAL (
                SELECT c.code FROM region_code c
                 WHERE c.region_id = i.id AND c.scheme = 'main'
                   AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
                OFFSET 0) AS c ON true
          LEFT JOIN LATERAL (
                SELECT w.name FROM region_name w
                 WHERE w.region_id = i.id AND w.lang = 'zh' AND w.kind = 'official'
                   AND CASE WHEN w.valid @> CAST(:valid_on AS date) THEN true END
                OFFSET 0) AS w ON true) AS known
UNION ALL
SELECT n.n, jsonb_agg(jsonb_build_array(n.region_id, n.version_id, n.level, n.code, n.path, n.covers,
                                        n.edition, m.edge_m, m.share)),
       max(n.precision_m), NULL
  FROM near n LEFT JOIN measured m USING (n, version_id)
 GROUP BY n.n
 ORDER BY n NULLS FIRST
