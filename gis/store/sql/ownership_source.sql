-- What drew the boundary of one version, and on which days it holds.
--   in   :version_id
--   out  edition, source, sha256, valid_from, activated_at, shape_sha256, valid
SELECT e.name AS edition, e.source, e.sha256, e.valid_from, e.activated_at,
       encode(s.sha256, 'hex') AS shape_sha256, v.valid
  FROM region_version v
  JOIN edition e ON e.id = v.edition_id
  JOIN shape s ON s.id = v.shape_id
 WHERE v.id = :version_id
