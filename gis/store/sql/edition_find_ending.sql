-- Regions of the edition's scope that it doesn't name: they end on its day.
--   in   :level_id :root_id :valid_from    table incoming
--   out  region_id, until (the next edition's day, or null), code, path
SELECT v.region_id, c.code, v.path,
       (SELECT min(e.valid_from) FROM edition e
         WHERE e.state = 'active' AND e.level_id = :level_id AND e.valid_from > :valid_from
           AND (e.root_region_id IS NULL OR e.root_region_id = ANY (v.path))) AS until
  FROM region_version v
  JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
  LEFT JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main'
                         AND CASE WHEN c.valid @> CAST(:valid_from AS date) THEN true END
 WHERE CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
   AND (CAST(:root_id AS bigint) IS NULL OR CAST(:root_id AS bigint) = ANY (v.path))
   AND NOT EXISTS (SELECT FROM incoming i WHERE i.region_id = v.region_id)
