-- What lies under paths of known addresses, the lowest ids first.
--   in   :paths    :most  of each path; NULL for all
--   out  path, id, code, region_id, facts
SELECT k.path, a.id, a.code, a.region_id, a.facts
  FROM unnest(CAST(:paths AS text[])) AS k(path)
 CROSS JOIN LATERAL (
       SELECT p.address_id FROM address_path p
        WHERE p.path = k.path COLLATE "C" ORDER BY p.address_id LIMIT :most) AS p
  JOIN known_address a ON a.id = p.address_id
