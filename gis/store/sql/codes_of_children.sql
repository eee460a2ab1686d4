-- The regions of one level under a region as they stood, with what numbering them needs.
--   in   :root_id :level :valid_on :known_at
--   out  code, name, lon, lat (a point inside), south, north (degrees; null without a shape)
SELECT c.code, n.name, ST_X(inside.point) AS lon, ST_Y(inside.point) AS lat,
       ST_YMin(s.geom) AS south, ST_YMax(s.geom) AS north
  FROM region_version v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id AND l.code = :level
  JOIN region_code_known c ON c.region_id = r.id AND c.scheme = 'main'
                          AND CASE WHEN c.valid @> CAST(:valid_on AS date)
                              THEN c.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region_name_known n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                               AND CASE WHEN n.valid @> CAST(:valid_on AS date)
                                   THEN n.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN shape s ON s.id = v.shape_id
  LEFT JOIN LATERAL (SELECT ST_PointOnSurface(s.geom) AS point) AS inside ON true
 WHERE v.parent_id = :root_id
   AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY c.code, r.id
