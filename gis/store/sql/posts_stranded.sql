-- Posts, present and to come, whose region is neither in force on the day nor later, as known now.
--   in   :day :now
--   out  id, region_id, member_code, member_name, role, responsible, level, region
SELECT p.id, p.region_id, m.code AS member_code, m.name AS member_name, p.role, p.responsible,
       l.code AS level, coalesce(c.code, '?') AS region
  FROM post p
  JOIN member m ON m.id = p.member_id
  JOIN region r ON r.id = p.region_id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN LATERAL (
       SELECT c.code FROM region_code c WHERE c.region_id = r.id AND c.scheme = 'main'
        ORDER BY lower(c.valid) DESC LIMIT 1) AS c ON true
 WHERE (upper_inf(p.valid) OR upper(p.valid) > CAST(:now AS timestamptz))
   AND NOT EXISTS (
       SELECT FROM region_version v
        WHERE v.region_id = p.region_id AND upper_inf(v.known)
          AND (upper_inf(v.valid) OR upper(v.valid) > CAST(:day AS date)))
   AND NOT EXISTS (SELECT FROM draft_region d WHERE d.region_id = p.region_id)  -- still to come
 ORDER BY m.code, p.id
