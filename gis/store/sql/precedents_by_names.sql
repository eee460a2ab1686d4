-- Where people said that places of some names lie, the newest decision first for each name and region
-- that is still in force.
--   in   :names  as compared    :valid_on :known_at    out  name, region_id, path, decided_at
SELECT one.name, one.region_id, one.path, one.decided_at
  FROM (SELECT DISTINCT ON (p.name, p.region_id) p.name, p.region_id, v.path, p.decided_at
          FROM unnest(CAST(:names AS text[])) AS k(name)
          JOIN precedent p ON p.name = k.name COLLATE "C" AND p.name <> '' AND p.kind = 'place'
          JOIN region_version v ON v.region_id = p.region_id
               AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                   THEN v.known @> CAST(:known_at AS timestamptz) END
         ORDER BY p.name, p.region_id, p.decided_at DESC) AS one
 ORDER BY one.name, one.decided_at DESC, one.region_id
