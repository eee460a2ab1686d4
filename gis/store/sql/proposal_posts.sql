-- Posts at the grids under a region at an instant.
--   in   :region_id :now    out  grid (code), code, name, role, responsible
SELECT c.code AS grid, m.code, m.name, p.role, p.responsible
  FROM post p
  JOIN member m ON m.id = p.member_id
  JOIN region r ON r.id = p.region_id AND CAST(:region_id AS bigint) = ANY (r.home_path)
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main' AND upper_inf(c.valid)
 WHERE p.valid @> CAST(:now AS timestamptz)
 ORDER BY c.code, p.responsible DESC, m.code
