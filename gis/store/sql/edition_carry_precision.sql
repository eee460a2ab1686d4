-- An edition made of shapes that stood before is drawn as roughly as the roughest of those it goes
-- by: the versions, as they stood, of every region that it changes or ends.
--   in   :edition_id :valid_on :known_at    tables incoming, ending
UPDATE edition e
   SET precision_m = greatest(e.precision_m, coalesce((
       SELECT max(source.precision_m)
         FROM (SELECT region_id FROM incoming WHERE change IS NOT NULL
               UNION ALL
               SELECT region_id FROM ending) AS touches
         JOIN region_version v ON v.region_id = touches.region_id AND v.shape_id IS NOT NULL
              AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                       THEN v.known @> CAST(:known_at AS timestamptz) END
         JOIN edition source ON source.id = v.edition_id), 0))
 WHERE e.id = :edition_id
