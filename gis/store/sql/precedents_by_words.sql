-- The newest decision on each of some addresses, where its region is still in force; one on a building
-- goes where that building is now.
--   in   :words  normalised    :valid_on :known_at
--   out  words, region_id, path, decided_at, place (code of a known address, or null)
SELECT DISTINCT ON (p.words) p.words, held.region_id, held.path, p.decided_at, a.code AS place
  FROM unnest(CAST(:words AS text[])) AS k(words)
  JOIN precedent p ON p.words = k.words COLLATE "C" AND p.words <> '' AND p.kind = 'place'
  LEFT JOIN known_address a ON a.code = p.place AND p.place <> ''
 CROSS JOIN LATERAL (
       SELECT v.region_id, v.path
         FROM (VALUES (1, CASE WHEN a.code LIKE 'building:%' THEN a.region_id END),
                      (2, p.region_id), (3, a.region_id)) AS told(rank, id)
         JOIN region_version v ON v.region_id = told.id
              AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
        ORDER BY told.rank LIMIT 1) AS held
 ORDER BY p.words, p.decided_at DESC, p.id DESC
