-- Every facility of a kind, whatever its state, with the region it is at home in.
--   in   :kind :valid_on :known_at
--   out  code … building_code, lon, lat (degrees EPSG:4490 or null), home (region id or null)
SELECT f.code, f.kind, f.name, f.status, f.level, f.floor_area_m2, f.land_area_m2, f.hours,
       f.address, b.code AS building_code, ST_X(f.point) AS lon, ST_Y(f.point) AS lat,
       h.region_id AS home
  FROM facility f
  LEFT JOIN building b ON b.id = f.building_id
  LEFT JOIN place_home h ON h.kind = 'facility' AND h.object_id = f.id
   AND CASE WHEN h.valid @> CAST(:valid_on AS date)
            THEN h.known @> CAST(:known_at AS timestamptz) END
 WHERE f.kind = :kind
 ORDER BY f.code
