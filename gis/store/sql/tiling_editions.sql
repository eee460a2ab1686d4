-- What regions were drawn by, as they stand on a day.
--   in   :ids :valid_on :known_at    out  region_id, edition, shape  WKB
SELECT v.region_id, e.name AS edition, ST_AsBinary(s.geom) AS shape
  FROM unnest(CAST(:ids AS bigint[])) AS wanted(id)
 CROSS JOIN LATERAL (
       SELECT v.region_id, v.shape_id, v.edition_id FROM region_version v
        WHERE v.region_id = wanted.id AND CASE WHEN v.valid @> CAST(:valid_on AS date)
             THEN v.known @> CAST(:known_at AS timestamptz) END
       OFFSET 0) AS v
  JOIN shape s ON s.id = v.shape_id
  JOIN edition e ON e.id = v.edition_id
