-- The paths to known addresses, in the order of the table's key.
--   in   :mark  between two paths of an address    table staged_way (code, paths)
INSERT INTO address_path (path, address_id)
SELECT one.path, a.id
  FROM staged_way w
  JOIN known_address a ON a.code = w.code COLLATE "C"
 CROSS JOIN LATERAL unnest(string_to_array(w.paths, :mark)) AS one(path)
 ORDER BY one.path COLLATE "C", a.id
