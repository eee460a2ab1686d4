-- Regions below the ending ones that no edition has moved elsewhere: they would lose their parent.
--   in   :valid_from    table ending    out  code, parent_code
SELECT c.code, e.code AS parent_code
  FROM ending e
  JOIN region_version v ON v.parent_id = e.region_id AND upper_inf(v.known)
                       AND v.valid && daterange(CAST(:valid_from AS date), e.until)
  LEFT JOIN region_code c ON c.region_id = v.region_id AND c.scheme = 'main' AND c.valid && v.valid
 ORDER BY c.code LIMIT 1000
