-- The shapes of some versions of regions.
--   in   :version_ids    out  version_id, geom (WKB, degrees, EPSG:4490)
SELECT v.id AS version_id, ST_AsBinary(s.geom) AS geom
  FROM region_version v JOIN shape s ON s.id = v.shape_id WHERE v.id = ANY (CAST(:version_ids AS bigint[]))
