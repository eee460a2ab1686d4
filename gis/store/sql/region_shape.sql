-- The shape of one version of a region.
--   in   :version_id    out  geom (WKB, degrees, EPSG:4490)
SELECT ST_AsBinary(s.geom) AS geom
  FROM region_version v JOIN shape s ON s.id = v.shape_id WHERE v.id = :version_id
