-- Buildings as known addresses state them.
-- Homes are looked up one by one: tables just filled have no statistics, and a join of them may
-- take minutes.
--   in   :codes :valid_on :known_at
--   out  kind, code, address, name, compound, region_id, lon, lat, aliases
SELECT 'building' AS kind, b.code, b.address, b.name, c.name AS compound, h.region_id,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       ARRAY(SELECT l.name FROM place_alias l WHERE l.code = 'building:' || b.code ORDER BY l.name) AS aliases
  FROM unnest(CAST(:codes AS text[])) AS k(code)
  JOIN building b ON b.code = k.code COLLATE "C" AND b.retired_at IS NULL
  LEFT JOIN compound c ON c.id = b.compound_id
 CROSS JOIN LATERAL (SELECT coalesce(b.point, ST_PointOnSurface(b.geom)) AS point OFFSET 0) AS p
  LEFT JOIN LATERAL (
       SELECT h.region_id FROM place_home h
        WHERE h.kind = 'building' AND h.object_id = b.id
          AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                   THEN h.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS h ON true
