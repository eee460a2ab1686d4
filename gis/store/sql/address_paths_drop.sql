-- The paths to known addresses whose words changed.
--   in   :changed  codes of known addresses    out  the ids of the addresses, one a path
DELETE FROM address_path p
 USING unnest(CAST(:changed AS text[])) AS k(code)
  JOIN known_address a ON a.code = k.code COLLATE "C"
  JOIN staged_way w ON w.code = a.code
 WHERE p.address_id = a.id
