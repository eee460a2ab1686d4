-- Compounds as known addresses state them: in the deepest region that all their buildings share,
-- where their outline is or amid the buildings.
--   in   :codes :valid_on :known_at
--   out  kind, code, address, name, compound (its own name), region_id, lon, lat, aliases
SELECT 'compound' AS kind, c.code, c.address, c.name, c.name AS compound, (
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
          ORDER BY above.depth DESC LIMIT 1) AS region_id,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       ARRAY(SELECT l.name FROM place_alias l WHERE l.code = 'compound:' || c.code ORDER BY l.name) AS aliases
  FROM unnest(CAST(:codes AS text[])) AS k(code)
  JOIN compound c ON c.code = k.code COLLATE "C"
 CROSS JOIN LATERAL (
       SELECT coalesce(ST_PointOnSurface(c.geom), (
                SELECT ST_Centroid(ST_Collect(coalesce(b.point, ST_PointOnSurface(b.geom)) ORDER BY b.code))
                  FROM building b WHERE b.compound_id = c.id)) AS point
       OFFSET 0) AS p
