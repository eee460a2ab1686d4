-- What a file doesn't state stays as it is: a code list keeps shapes, a file without a parent
-- column keeps parents, one without names keeps names.
--   in   :valid_from :states_parent    table incoming
--   out  incoming.shape_sha256, parent_id, name
UPDATE incoming i
   SET shape_sha256 = coalesce(i.shape_sha256, s.sha256),
       parent_id = CASE WHEN :states_parent THEN i.parent_id ELSE v.parent_id END,
       name = coalesce(nullif(i.name, ''), n.name, '')
  FROM region_version v
  LEFT JOIN shape s ON s.id = v.shape_id
  LEFT JOIN region_name n ON n.region_id = v.region_id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_from AS date) THEN true END
 WHERE v.region_id = i.region_id
   AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
