-- The outlines of compounds that touch a region's box.    in  :west :south :east :north
--   out  code, geom (WKB)
SELECT c.code, ST_AsBinary(c.geom) AS geom
  FROM compound c
 WHERE c.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4490)
 ORDER BY c.code
