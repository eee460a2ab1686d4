-- Regions that would be left without their parent: as known now, some day of theirs has none.
--   in   table affected    out  code, parent_code
SELECT c.code, pc.code AS parent_code
  FROM affected a
  JOIN region_version v ON v.id = a.version_id AND v.parent_id IS NOT NULL
  LEFT JOIN LATERAL (SELECT range_agg(p.valid) AS days FROM region_version p
                      WHERE p.region_id = v.parent_id AND upper_inf(p.known)) AS p ON true
  LEFT JOIN LATERAL (SELECT code FROM region_code WHERE region_id = v.region_id AND scheme = 'main'
                      ORDER BY upper(valid) DESC NULLS FIRST LIMIT 1) AS c ON true
  LEFT JOIN LATERAL (SELECT code FROM region_code WHERE region_id = v.parent_id AND scheme = 'main'
                      ORDER BY upper(valid) DESC NULLS FIRST LIMIT 1) AS pc ON true
 WHERE NOT coalesce(datemultirange(v.valid) <@ p.days, false)
 ORDER BY c.code LIMIT 100
