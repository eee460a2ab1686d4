-- Facilities by code. One without an entrance of its own is where its building is.
--   in   :valid_on :known_at    :region_id (or null: below it) :kind :status (or null)
--        :located (only those with a place) :west :south :east :north    :after (or null) :most
--   out  code, kind, name, status, level, floor_area_m2, land_area_m2, hours, address,
--        building_code, grid_code, lon, lat
SELECT f.code, f.kind, f.name, f.status, f.level, f.floor_area_m2, f.land_area_m2, f.hours,
       f.address, b.code AS building_code, gc.code AS grid_code,
       ST_X(coalesce(f.point, b.point)) AS lon, ST_Y(coalesce(f.point, b.point)) AS lat
  FROM facility f
  LEFT JOIN building b ON b.id = f.building_id
  LEFT JOIN place_home h ON h.kind = 'facility' AND h.object_id = f.id
                        AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                            THEN h.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region r ON r.id = h.region_id
  LEFT JOIN region_code_known gc ON gc.region_id = r.id AND gc.scheme = 'main'
                          AND CASE WHEN gc.valid @> CAST(:valid_on AS date)
                              THEN gc.known @> CAST(:known_at AS timestamptz) END
 WHERE (CAST(:region_id AS bigint) IS NULL OR r.home_path @> ARRAY[CAST(:region_id AS bigint)])
   AND (CAST(:kind AS text) IS NULL OR f.kind = :kind)
   AND (CAST(:status AS text) IS NULL OR f.status = :status)
   AND (NOT :located OR coalesce(f.point, b.point)
                        && ST_MakeEnvelope(:west, :south, :east, :north, 4490))
   AND (CAST(:after AS text) IS NULL OR f.code > :after)
 ORDER BY f.code
 LIMIT :most
