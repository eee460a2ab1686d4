-- Where a matter is held now that was held within a scope before, and isn't any more. A complaint
-- about people has no such trail: nobody learns of it in this way.
--   in   :no :valid_on :scope_ids    out  code, name, parent (code) of the region that has it; or no row
SELECT c.code, n.name, p.code AS parent
  FROM matter m
  JOIN region here ON here.id = m.region_id
  JOIN region_code c ON c.region_id = here.id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_name n ON n.region_id = here.id AND n.lang = 'zh' AND n.kind = 'official'
       AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_version v ON v.region_id = here.id AND upper_inf(v.known)
       AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_code p ON p.region_id = v.parent_id AND p.scheme = 'main'
       AND CASE WHEN p.valid @> CAST(:valid_on AS date) THEN true END
 WHERE m.no = :no AND NOT m.conduct
   AND EXISTS (SELECT FROM matter_place w JOIN region was ON was.id = w.region_id
                WHERE w.matter_id = m.id AND was.home_path && CAST(:scope_ids AS bigint[]))
 ORDER BY c.code
 LIMIT 1
