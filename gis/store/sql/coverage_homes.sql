-- The buildings at home in some regions, as columns: one row whose values are packed in network
-- byte order, so that half a million of them are read without half a million rows.
--   in   :ids  regions    :homeless  also the buildings that have no home    :valid_on :known_at
--   out  codes, lons, lats (degrees EPSG:4490, NaN where not located), households, regions (0: none)
SELECT coalesce(array_agg(b.code), '{}') AS codes,
       coalesce(string_agg(float8send(coalesce(ST_X(b.point), 'NaN')), ''), '') AS lons,
       coalesce(string_agg(float8send(coalesce(ST_Y(b.point), 'NaN')), ''), '') AS lats,
       coalesce(string_agg(int4send(b.households), ''), '') AS households,
       coalesce(string_agg(int8send(b.region_id), ''), '') AS regions
  FROM (SELECT b.code, coalesce(b.point, ST_PointOnSurface(b.geom)) AS point, b.households, b.retired_at,
               h.region_id
          FROM unnest(CAST(:ids AS bigint[])) AS inside(id)
          JOIN place_home h ON h.region_id = inside.id AND h.kind = 'building'
           AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                    THEN h.known @> CAST(:known_at AS timestamptz) END
          JOIN building b ON b.id = h.object_id
         UNION ALL
        SELECT b.code, coalesce(b.point, ST_PointOnSurface(b.geom)), b.households, b.retired_at, 0
          FROM building b
         WHERE CAST(:homeless AS boolean)
           AND NOT EXISTS (SELECT FROM place_home h
                            WHERE h.kind = 'building' AND h.object_id = b.id
                              AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                                       THEN h.known @> CAST(:known_at AS timestamptz) END)) AS b
 WHERE b.retired_at IS NULL
    OR CAST(b.retired_at AT TIME ZONE 'Asia/Shanghai' AS date) > CAST(:valid_on AS date)
