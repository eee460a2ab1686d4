-- Facilities as known addresses state them. Homes are looked up one by one, as for buildings.
--   in   :codes :valid_on :known_at
--   out  kind, code, address, name, compound (''), region_id, lon, lat, aliases
SELECT 'facility' AS kind, f.code, f.address, f.name, '' AS compound, h.region_id,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       ARRAY(SELECT l.name FROM place_alias l WHERE l.code = 'facility:' || f.code ORDER BY l.name) AS aliases
  FROM unnest(CAST(:codes AS text[])) AS k(code)
  JOIN facility f ON f.code = k.code COLLATE "C"
  LEFT JOIN building b ON b.id = f.building_id
 CROSS JOIN LATERAL (SELECT coalesce(f.point, b.point) AS point OFFSET 0) AS p
  LEFT JOIN LATERAL (
       SELECT h.region_id FROM place_home h
        WHERE h.kind = 'facility' AND h.object_id = f.id
          AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                   THEN h.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS h ON true
