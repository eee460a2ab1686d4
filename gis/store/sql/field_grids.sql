-- The grids whose field map somebody may open, as they stand on a day: own ones first, then by code.
--   in   :valid_on :known_at :own_ids (regions served: the grids below them are own)
--        :scope_everything :scope_ids :code (null: any) :most
--   out  code, name, parent_code, parent_name, own, west, south, east, north (degrees, EPSG:4490)
--   uses region_home_path_gin
SELECT c.code, n.name, pc.code AS parent_code, pn.name AS parent_name, g.own,
       ST_XMin(s.geom) AS west, ST_YMin(s.geom) AS south,
       ST_XMax(s.geom) AS east, ST_YMax(s.geom) AS north
  FROM (SELECT r.id, r.home_path && CAST(:own_ids AS bigint[]) AS own
          FROM region r
          JOIN level l ON l.id = r.level_id AND l.code = 'grid'
         WHERE CAST(:scope_everything AS boolean)
            OR r.home_path && CAST(:scope_ids AS bigint[])
            OR r.home_path && CAST(:own_ids AS bigint[])) AS g
  JOIN region_code c ON c.region_id = g.id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  JOIN region_version v ON v.region_id = g.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = v.shape_id
  LEFT JOIN region_name n ON n.region_id = g.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_code pc ON pc.region_id = v.parent_id AND pc.scheme = 'main'
                          AND CASE WHEN pc.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_name pn ON pn.region_id = v.parent_id AND pn.lang = 'zh' AND pn.kind = 'official'
                          AND CASE WHEN pn.valid @> CAST(:valid_on AS date) THEN true END
 WHERE CAST(:code AS text) IS NULL OR c.code = :code
 ORDER BY g.own DESC, c.code COLLATE "C"
 LIMIT :most
