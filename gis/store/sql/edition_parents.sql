-- The parents the staged rows name, with their shapes on the edition's day.
--   in   :valid_from    table incoming    out  code, geom (WKB or null)
SELECT DISTINCT ON (i.parent_code) i.parent_code AS code, ST_AsBinary(s.geom) AS geom
  FROM incoming i
  LEFT JOIN region_version v ON v.region_id = i.parent_id
       AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
  LEFT JOIN shape s ON s.id = v.shape_id
 WHERE i.parent_code IS NOT NULL AND i.parent_id IS NOT NULL
 ORDER BY i.parent_code
