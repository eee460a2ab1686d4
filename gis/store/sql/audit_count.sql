-- How many regions a level has under a root.    in  :level_id :root_id :valid_on :known_at    out  regions
SELECT count(*) AS regions
  FROM region_version v JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
   AND (CAST(:root_id AS bigint) IS NULL OR CAST(:root_id AS bigint) = ANY (v.path))
