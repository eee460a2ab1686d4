-- A page of regions that stand in a relation to a shape, measured: what they have in common with it.
-- Of the shape asked about only the part within a region's box is measured, which costs a hundredth.
--   in   :wkb  a shape, degrees    :relation  overlaps and intersects have ground in common,
--        neighbours edge    :ids :shape_ids :level_ids :codes  the page, in its order
--        :valid_on :known_at    :step  of shape_lod, 0 = as kept    :shapes  with geometries?
--   out  id, code, name, level, level_name, shared_m2, shared_m, geometry (GeoJSON text or null)
SELECT found.id, found.code, n.name, l.code AS level, l.name AS level_name,
       CASE WHEN CAST(:relation AS text) IN ('overlaps', 'intersects')
            THEN ST_Area(CAST(ST_SetSRID(ST_Intersection(
                 s.geom, ST_MakeValid(ST_ClipByBox2D(here.asked, Box2D(s.geom)))), 4326) AS geography)) END AS shared_m2,
       CASE WHEN CAST(:relation AS text) = 'neighbours'
            THEN ST_Length(CAST(ST_SetSRID(ST_Intersection(
                 ST_Boundary(s.geom), ST_ClipByBox2D(here.edge, Box2D(ST_Expand(s.geom, 0.0001)))), 4326)
                 AS geography)) END AS shared_m,
       CASE WHEN :shapes THEN ST_AsGeoJSON(COALESCE(lod.geom, s.geom), 7, 0) END AS geometry
  FROM (SELECT asked, ST_Boundary(asked) AS edge
          FROM (SELECT ST_SetSRID(ST_GeomFromWKB(:wkb), 4490) AS asked OFFSET 0) AS given OFFSET 0) AS here
 CROSS JOIN unnest(CAST(:ids AS bigint[]), CAST(:shape_ids AS bigint[]), CAST(:level_ids AS bigint[]),
                   CAST(:codes AS text[])) WITH ORDINALITY AS found(id, shape_id, level_id, code, row)
  JOIN shape s ON s.id = found.shape_id
  JOIN level l ON l.id = found.level_id
  LEFT JOIN shape_lod lod ON lod.shape_id = found.shape_id AND lod.level_id = found.level_id AND lod.step = :step
  LEFT JOIN region_name_known n ON n.region_id = found.id AND n.lang = 'zh' AND n.kind = 'official'
                               AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                                  THEN n.known @> CAST(:known_at AS timestamptz) END
 ORDER BY found.row
