-- Open matters that the grids under a region hold, those of complaints about people left out.
--   in   :region_id    out  no, grid (code), lon, lat (null where no place is known)
SELECT m.no, c.code AS grid, ST_X(m.geom) AS lon, ST_Y(m.geom) AS lat
  FROM matter m
  JOIN region r ON r.id = m.region_id AND CAST(:region_id AS bigint) = ANY (r.home_path)
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main' AND upper_inf(c.valid)
 WHERE m.closed_at IS NULL AND NOT m.conduct
 ORDER BY m.no
