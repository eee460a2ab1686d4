-- Buildings, compounds and facilities as known addresses state them.
-- Homes are looked up one by one: tables just filled have no statistics, and a join of them may
-- take minutes.
--   in   :kinds  some of building, compound, facility    :codes  of the things; NULL for all
--        :compounds  codes whose compounds and buildings are wanted beside them
--        :valid_on :known_at
--   out  kind, code, address, name, compound, aliases, region_id, lon, lat
SELECT t.kind, t.code, t.address, t.name, t.compound, t.region_id,
       ST_X(t.point) AS lon, ST_Y(t.point) AS lat,
       ARRAY(SELECT l.name FROM place_alias l WHERE l.code = t.kind || ':' || t.code ORDER BY l.name) AS aliases
  FROM (SELECT 'building' AS kind, b.code, c.code AS compound_code, b.address, b.name,
               c.name AS compound, h.region_id,
               coalesce(b.point, ST_PointOnSurface(b.geom)) AS point
          FROM building b LEFT JOIN compound c ON c.id = b.compound_id
          LEFT JOIN LATERAL (
               SELECT h.region_id FROM place_home h
                WHERE h.kind = 'building' AND h.object_id = b.id
                  AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                           THEN h.known @> CAST(:known_at AS timestamptz) END
               OFFSET 0) AS h ON true
         WHERE b.retired_at IS NULL
        UNION ALL
        SELECT 'facility', f.code, NULL, f.address, f.name, '', h.region_id, coalesce(f.point, b.point)
          FROM facility f LEFT JOIN building b ON b.id = f.building_id
          LEFT JOIN LATERAL (
               SELECT h.region_id FROM place_home h
                WHERE h.kind = 'facility' AND h.object_id = f.id
                  AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                           THEN h.known @> CAST(:known_at AS timestamptz) END
               OFFSET 0) AS h ON true
        UNION ALL
        SELECT 'compound', c.code, c.code, c.address, c.name, c.name, (
                 SELECT above.id
                   FROM building b
                  CROSS JOIN LATERAL (
                        SELECT h.region_id FROM place_home h
                         WHERE h.kind = 'building' AND h.object_id = b.id
                           AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                                    THEN h.known @> CAST(:known_at AS timestamptz) END
                        OFFSET 0) AS h
                   JOIN region home ON home.id = h.region_id
                  CROSS JOIN LATERAL unnest(home.home_path) WITH ORDINALITY AS above(id, depth)
                  WHERE b.compound_id = c.id
                  GROUP BY above.id, above.depth
                 HAVING count(*) = (SELECT count(*) FROM building o WHERE o.compound_id = c.id)
                  ORDER BY above.depth DESC LIMIT 1),
               coalesce(ST_PointOnSurface(c.geom), (
                 SELECT ST_Centroid(ST_Collect(coalesce(b.point, ST_PointOnSurface(b.geom))))
                   FROM building b WHERE b.compound_id = c.id))
          FROM compound c) AS t
 WHERE t.kind = ANY (CAST(:kinds AS text[]))
   AND (CAST(:codes AS text[]) IS NULL
        OR t.code IN (SELECT unnest(CAST(:codes AS text[])))
        OR t.compound_code IN (SELECT unnest(CAST(:compounds AS text[]))))
