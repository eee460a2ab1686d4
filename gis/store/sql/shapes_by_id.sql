-- Shapes by their ids.
--   in   :ids    out  id, geom (WKB)
SELECT s.id, ST_AsBinary(s.geom) AS geom FROM shape s WHERE s.id = ANY (CAST(:ids AS bigint[]))
