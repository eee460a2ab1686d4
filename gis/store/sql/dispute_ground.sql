-- Whose ground an area is, as far as it isn't that of some regions: no two square metres of others'.
--   in   :shape  WKT, EPSG:4490    :claimants  region ids    :valid_on :known_at
--   out  touches  (does it touch ground of a claimant?), foreign (codes of others, at most five)
WITH area AS (SELECT ST_GeomFromText(:shape, 4490) AS geom),
near AS MATERIALIZED (
  SELECT v.region_id, v.path || v.region_id AS path, s.geom
    FROM area a
    JOIN shape s ON s.geom && a.geom AND ST_Intersects(s.geom, a.geom)
    JOIN region_version v ON v.shape_id = s.id
     AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
    JOIN region r ON r.id = v.region_id
    JOIN level l ON l.id = r.level_id AND NOT l.overlay)
SELECT coalesce(bool_or(n.path && CAST(:claimants AS bigint[])), false) AS touches,
       (array_agg(DISTINCT c.code) FILTER (WHERE
            NOT n.path && CAST(:claimants AS bigint[])
        AND NOT EXISTS (SELECT FROM region k WHERE k.id = ANY (CAST(:claimants AS bigint[]))
                           AND k.home_path @> ARRAY[n.region_id])
        AND ST_Area(CAST(ST_Intersection(n.geom, (SELECT geom FROM area)) AS geography)) > 2))[1:5] AS foreign_codes
  FROM near n
  LEFT JOIN region_code_known c ON c.region_id = n.region_id AND c.scheme = 'main'
   AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
