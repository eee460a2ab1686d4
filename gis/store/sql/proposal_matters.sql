-- Open matters that the grids under a region hold, those of complaints about people left out.
--   in   :region_id
--   out  no, grid (code), lon, lat (the building's if the matter was found by it; null where no place
--        is known), method (how the matter came to its grid)
SELECT m.no, c.code AS grid, ST_X(place.point) AS lon, ST_Y(place.point) AS lat, last.method
  FROM matter m
  JOIN region r ON r.id = m.region_id AND CAST(:region_id AS bigint) = ANY (r.home_path)
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main' AND upper_inf(c.valid)
  LEFT JOIN LATERAL (
       SELECT p.method FROM matter_place p WHERE p.matter_id = m.id ORDER BY p.number DESC LIMIT 1) AS last
         ON true
  LEFT JOIN building b ON b.id = m.building_id AND last.method = 'building'
 CROSS JOIN LATERAL (
       SELECT coalesce(b.point, ST_PointOnSurface(b.geom), m.geom) AS point OFFSET 0) AS place
 WHERE m.closed_at IS NULL AND NOT m.conduct
 ORDER BY m.no
