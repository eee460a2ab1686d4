-- Boxes of all that regions of a level ever covered that were changed since an index was built.
-- An activation may have been begun before and ended after: an hour more is looked at.
--   in   :level_id :last_version  the highest id the index has seen    :changed_at  of its state
--   out  west, south, east, north  degrees, EPSG:4490
SELECT ST_XMin(s.geom) AS west, ST_YMin(s.geom) AS south, ST_XMax(s.geom) AS east,
       ST_YMax(s.geom) AS north
  FROM region_version v JOIN shape s ON s.id = v.shape_id
 WHERE v.region_id IN (
       SELECT w.region_id FROM region_version w JOIN region r ON r.id = w.region_id
        WHERE r.level_id = :level_id
          AND (w.id > :last_version
               OR upper(w.known) >= CAST(:changed_at AS timestamptz) - interval '1 hour'))
