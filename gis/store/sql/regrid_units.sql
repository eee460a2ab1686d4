-- Buildings at home in a region on a day, with a place; and the compound each belongs to.
--   in   :region_id :valid_on :known_at
--   out  code, households, compound, lon, lat, geom (WKB or null)
SELECT b.code, b.households, c.code AS compound, ST_X(p.place) AS lon, ST_Y(p.place) AS lat,
       ST_AsBinary(b.geom) AS geom
  FROM region_version v
  JOIN place_home h ON h.region_id = v.region_id AND h.kind = 'building'
   AND CASE WHEN h.valid @> CAST(:valid_on AS date) THEN h.known @> CAST(:known_at AS timestamptz) END
  JOIN building b ON b.id = h.object_id AND b.retired_at IS NULL
  LEFT JOIN compound c ON c.id = b.compound_id
 CROSS JOIN LATERAL (SELECT coalesce(b.point, ST_PointOnSurface(b.geom)) AS place OFFSET 0) AS p
 WHERE CAST(:region_id AS bigint) = ANY (v.path) AND p.place IS NOT NULL
   AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY b.code
