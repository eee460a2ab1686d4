-- The box around a few regions as they stood.
--   in   :ids :valid_on :known_at    out  west, south, east, north; null where none has a shape
SELECT min(ST_XMin(s.geom)) AS west, min(ST_YMin(s.geom)) AS south,
       max(ST_XMax(s.geom)) AS east, max(ST_YMax(s.geom)) AS north
  FROM unnest(CAST(:ids AS bigint[])) AS wanted(id)
  JOIN region_version v ON v.region_id = wanted.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
              THEN v.known @> CAST(:known_at AS timestamptz) END
  JOIN shape s ON s.id = v.shape_id
