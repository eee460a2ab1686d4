-- What the staged rows change, row by row: how each region was on the day, and how it would be.
--   in   :valid_from    tables incoming, ending
--   out  change (null for nothing), code, code_before, name_before, name_after, parent_before,
--        parent_after, moved, geom_before (WKB, of moved and ending ones with a shape)
WITH said AS (
    SELECT i.region_id, i.change, i.code, i.name AS name_after, i.parent_id AS parent_after_id,
           i.shape_sha256, false AS ends
      FROM incoming i WHERE i.change IS NOT NULL
     UNION ALL
    SELECT e.region_id, 'ended', coalesce(e.code, ''), NULL, NULL, NULL, true FROM ending e
)
SELECT t.change, t.code, c.code AS code_before, n.name AS name_before,
       nullif(t.name_after, '') AS name_after, pb.code AS parent_before, pa.code AS parent_after,
       v.id IS NOT NULL AND (t.ends OR s.sha256 IS DISTINCT FROM t.shape_sha256) AS moved,
       CASE WHEN t.ends OR s.sha256 IS DISTINCT FROM t.shape_sha256 THEN ST_AsBinary(s.geom) END
         AS geom_before
  FROM said t
  LEFT JOIN region_version v ON v.region_id = t.region_id
       AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
  LEFT JOIN shape s ON s.id = v.shape_id
  LEFT JOIN region_code c ON c.region_id = t.region_id AND c.scheme = 'main'
       AND CASE WHEN c.valid @> CAST(:valid_from AS date) THEN true END
  LEFT JOIN region_name n ON n.region_id = t.region_id AND n.lang = 'zh' AND n.kind = 'official'
       AND CASE WHEN n.valid @> CAST(:valid_from AS date) THEN true END
  LEFT JOIN region_code pb ON pb.region_id = v.parent_id AND pb.scheme = 'main'
       AND CASE WHEN pb.valid @> CAST(:valid_from AS date) THEN true END
  LEFT JOIN region_code pa ON pa.region_id = t.parent_after_id AND pa.scheme = 'main'
       AND CASE WHEN pa.valid @> CAST(:valid_from AS date) THEN true END
 ORDER BY t.code COLLATE "C"
