-- Grids in force that have no responsible member at the moment, by code.
--   in   :valid_on :known_at    :now (of the posts)    :scope_everything :scope_ids    :region_id (or null: below it)
--        :after (code or null) :most
--   out  id, code, name, since (when the last post ended; null: there was none)
SELECT r.id, c.code, n.name,
       (SELECT max(upper(p.valid)) FROM post p
         WHERE p.region_id = r.id AND p.responsible AND upper(p.valid) <= :now) AS since
  FROM region r
  JOIN level l ON l.id = r.level_id AND l.code = 'grid'
  JOIN region_version v ON v.region_id = r.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main'
                    AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_name n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN true END
 WHERE (:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]))
   AND (CAST(:region_id AS bigint) IS NULL OR r.home_path @> ARRAY[CAST(:region_id AS bigint)])
   AND (CAST(:after AS text) IS NULL OR c.code > :after)
   AND NOT EXISTS (SELECT FROM post p WHERE p.region_id = r.id AND p.responsible
                      AND p.valid @> CAST(:now AS timestamptz))
 ORDER BY c.code
 LIMIT :most
