-- The newest decision on each of some addresses, where its region is still in force.
--   in   :words  normalised    :valid_on :known_at    out  words, region_id, path, decided_at
SELECT DISTINCT ON (p.words) p.words, p.region_id, v.path, p.decided_at
  FROM unnest(CAST(:words AS text[])) AS k(words)
  JOIN precedent p ON p.words = k.words COLLATE "C" AND p.words <> '' AND p.kind = 'place'
  JOIN region_version v ON v.region_id = p.region_id
       AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY p.words, p.decided_at DESC, p.id DESC
