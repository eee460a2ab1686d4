-- Buildings whose footprint, or whose point where there is none, touches a box; lowest codes first.
--   in   :west :south :east :north    :valid_on :known_at    :scope_everything :scope_ids
--        :region_id (or null: below it) :most
--   out  code, name, address, grid, households (null outside the scope), geometry, total
SELECT b.code, b.name, b.address, gc.code AS grid,
       CASE WHEN :scope_everything OR r.home_path && CAST(:scope_ids AS bigint[])
            THEN b.households END AS households,
       ST_AsGeoJSON(coalesce(b.geom, b.point), 7) AS geometry, count(*) OVER () AS total
  FROM building b
  LEFT JOIN place_home h ON h.kind = 'building' AND h.object_id = b.id
                        AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                            THEN h.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region r ON r.id = h.region_id
  LEFT JOIN region_code_known gc ON gc.region_id = r.id AND gc.scheme = 'main'
                          AND CASE WHEN gc.valid @> CAST(:valid_on AS date)
                              THEN gc.known @> CAST(:known_at AS timestamptz) END
 WHERE b.retired_at IS NULL
   AND (b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
        OR b.geom IS NULL AND b.point && ST_MakeEnvelope(:west, :south, :east, :north, 4490))
   AND (CAST(:region_id AS bigint) IS NULL OR r.home_path @> ARRAY[CAST(:region_id AS bigint)])
 ORDER BY b.code
 LIMIT :most
