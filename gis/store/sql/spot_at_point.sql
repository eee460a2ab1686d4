-- Everything that decides where a point belongs, in one statement: the same as regions_near_point,
-- edges_near_point and region_ancestors give one after the other. Regions above a covering one are
-- not measured: their edges decide nothing.
--   in   :lon :lat  degrees, EPSG:4490    :dx :dy  reach in degrees    :kx :ky  metres per degree
--        :radius_m  of the error disc, > 0    :valid_on :known_at
--   out  levels, near, known: JSON, each NULL where there are none; precision_m of the boundaries near
WITH near AS MATERIALIZED (
  SELECT v.region_id, v.id AS version_id, r.level_id, c.code, v.path, s.covers, e.name AS edition,
         e.precision_m, s.geom
    FROM (SELECT s.id, s.geom, ST_Covers(s.geom, here.point) AS covers
            FROM shape s, (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4490) AS point OFFSET 0) AS here
           WHERE s.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), :dx, :dy)
          OFFSET 0) AS s
   CROSS JOIN LATERAL (
          SELECT v.id, v.region_id, v.path, v.edition_id FROM region_version v
           WHERE v.shape_id = s.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                THEN v.known @> CAST(:known_at AS timestamptz) END
          OFFSET 0) AS v
    JOIN region r ON r.id = v.region_id
    JOIN edition e ON e.id = v.edition_id
   CROSS JOIN LATERAL (
          SELECT c.code FROM region_code c
           WHERE c.region_id = v.region_id AND c.scheme = 'main'
             AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
          OFFSET 0) AS c),
measured AS (
  SELECT flat.version_id, flat.edge_m,
         CASE WHEN flat.edge_m >= :radius_m
              THEN CAST(ST_Covers(flat.area, ST_MakePoint(0, 0)) AS integer)
              ELSE (SELECT ST_Area(ST_Intersection(ST_ClipByBox2D(flat.area, Box2D(disc)), disc))
                           / ST_Area(disc)
                      FROM (SELECT ST_Buffer(ST_MakePoint(0, 0), :radius_m, 32) AS disc OFFSET 0) AS d)
         END AS share
    FROM (SELECT n.version_id, a.area, ST_Distance(ST_Boundary(a.area), ST_MakePoint(0, 0)) AS edge_m
            FROM near n
           CROSS JOIN LATERAL (
                  SELECT ST_Scale(ST_SetSRID(ST_Translate(n.geom, -:lon, -:lat), 0), :kx, :ky) AS area
                  OFFSET 0) AS a
           WHERE NOT EXISTS (SELECT FROM near b WHERE b.covers AND n.region_id = ANY (b.path))
          OFFSET 0) AS flat)
SELECT (SELECT jsonb_agg(jsonb_build_array(l.id, l.code, l.name, l.rank, above.code, l.overlay)
                         ORDER BY l.rank)
          FROM level l LEFT JOIN level above ON above.id = l.under_id) AS levels,
       (SELECT coalesce(max(precision_m), 0) FROM near) AS precision_m,
       (SELECT jsonb_agg(jsonb_build_array(n.region_id, n.version_id, l.code, n.code, n.path, n.covers,
                                           n.edition, m.edge_m, m.share))
          FROM near n JOIN level l ON l.id = n.level_id LEFT JOIN measured m USING (version_id)) AS near,
       (SELECT jsonb_agg(jsonb_build_array(i.id, l.code, c.code, w.name))
          FROM (SELECT DISTINCT unnest(n.path || n.region_id) AS id FROM near n) AS i
          JOIN region r ON r.id = i.id
          JOIN level l ON l.id = r.level_id
          LEFT JOIN region_code c ON c.region_id = i.id AND c.scheme = 'main'
                AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
          LEFT JOIN region_name w ON w.region_id = i.id AND w.lang = 'zh' AND w.kind = 'official'
                AND CASE WHEN w.valid @> CAST(:valid_on AS date) THEN true END) AS known
