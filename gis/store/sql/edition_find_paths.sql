-- The ancestors of each incoming row, top first, and the day up to which it speaks: the next
-- edition of the same level over it, since an edition says all there is from its own day on.
--   in   :level_id :valid_from    table incoming
--   out  incoming.path, until
UPDATE incoming i
   SET path = p.path,
       until = (SELECT min(e.valid_from) FROM edition e
                 WHERE e.state = 'active' AND e.level_id = :level_id AND e.valid_from > :valid_from
                   AND (e.root_region_id IS NULL OR e.root_region_id = ANY (p.path)))
  FROM (SELECT r.row, CASE WHEN r.parent_id IS NULL THEN '{}' ELSE v.path || v.region_id END AS path
          FROM incoming r
          LEFT JOIN region_version v ON v.region_id = r.parent_id
               AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END) AS p
 WHERE p.row = i.row
