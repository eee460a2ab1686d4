-- Buildings by code, with what only some may read where they are in the scope.
--   in   :valid_on :known_at    :scope_everything :scope_ids    :region_id (or null: below it)
--        :codes (or null) :prefix :part (LIKE patterns or null)    :after (code or null) :most
--   out  code, name, address, lon, lat, grid_code, grid_name, compound_code, compound_name,
--        property_mode, company_code, company_name, inside, households, storeys, stairwells, geometry (GeoJSON, where codes are given),
--        upper  the regions above the grid by name, else by code, top first
SELECT b.code, b.name, b.address, ST_X(b.point) AS lon, ST_Y(b.point) AS lat,
       gc.code AS grid_code, gn.name AS grid_name,
       k.code AS compound_code, k.name AS compound_name, k.property_mode,
       o.code AS company_code, o.name AS company_name,
       coalesce(:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]), false) AS inside,
       b.households, b.storeys, b.stairwells,
       CASE WHEN CAST(:codes AS text[]) IS NOT NULL THEN ST_AsGeoJSON(b.geom, 7) END AS geometry,
       ARRAY(SELECT coalesce(n.name, c.code)
               FROM region_version v
              CROSS JOIN LATERAL unnest(v.path) WITH ORDINALITY AS up(id, depth)
               JOIN region_code_known c ON c.region_id = up.id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                        THEN c.known @> CAST(:known_at AS timestamptz) END
               LEFT JOIN region_name_known n ON n.region_id = up.id AND n.lang = 'zh' AND n.kind = 'official'
                    AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                        THEN n.known @> CAST(:known_at AS timestamptz) END
              WHERE v.region_id = h.region_id
                AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                    THEN v.known @> CAST(:known_at AS timestamptz) END
              ORDER BY up.depth) AS upper
  FROM building b
  LEFT JOIN place_home h ON h.kind = 'building' AND h.object_id = b.id
                        AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                            THEN h.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region r ON r.id = h.region_id
  LEFT JOIN region_code_known gc ON gc.region_id = r.id AND gc.scheme = 'main'
                          AND CASE WHEN gc.valid @> CAST(:valid_on AS date)
                              THEN gc.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known gn ON gn.region_id = r.id AND gn.lang = 'zh' AND gn.kind = 'official'
                          AND CASE WHEN gn.valid @> CAST(:valid_on AS date)
                              THEN gn.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN compound k ON k.id = b.compound_id
  LEFT JOIN organisation o ON o.id = k.property_company_id
 WHERE b.retired_at IS NULL
   AND (CAST(:codes AS text[]) IS NULL OR b.code IN (SELECT unnest(CAST(:codes AS text[]))))
   AND (CAST(:region_id AS bigint) IS NULL OR r.home_path @> ARRAY[CAST(:region_id AS bigint)])
   AND (CAST(:prefix AS text) IS NULL OR b.code LIKE :prefix OR b.name ILIKE :part
        OR b.address ILIKE :part)
   AND (CAST(:after AS text) IS NULL OR b.code > :after)
 ORDER BY b.code
 LIMIT :most
