-- What an incoming row would change: nothing, or one of added, moved (another shape), changed
-- (another parent or ancestors), recoded, renamed.
--   in   :valid_from    table incoming
--   out  incoming.change
UPDATE incoming i
   SET change = CASE
        WHEN v.id IS NULL THEN 'added'
        WHEN s.sha256 IS DISTINCT FROM i.shape_sha256 THEN 'moved'
        WHEN v.parent_id IS DISTINCT FROM i.parent_id OR v.path <> i.path
          OR NOT v.valid @> daterange(:valid_from, i.until) THEN 'changed'
        WHEN c.code IS DISTINCT FROM i.code THEN 'recoded'
        WHEN n.name IS DISTINCT FROM nullif(i.name, '') THEN 'renamed'
        END
  FROM incoming r
  LEFT JOIN region_version v ON v.region_id = r.region_id
       AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
  LEFT JOIN shape s ON s.id = v.shape_id
  LEFT JOIN region_name n ON n.region_id = r.region_id AND n.lang = 'zh' AND n.kind = 'official'
       AND CASE WHEN n.valid @> CAST(:valid_from AS date) THEN true END
  LEFT JOIN region_code c ON c.region_id = r.region_id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_from AS date) THEN true END
 WHERE r.row = i.row
