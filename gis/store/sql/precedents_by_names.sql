-- Where people said that places of some names lie, the newest decision first for each name, region
-- that is still in force and building or compound; one on a building goes where that building is now.
--   in   :names  as compared    :valid_on :known_at
--   out  name, region_id, path, decided_at, place (code of a known address, or null)
SELECT one.name, one.region_id, one.path, one.decided_at, one.place
  FROM (SELECT DISTINCT ON (p.name, held.region_id, a.code)
               p.name, held.region_id, held.path, p.decided_at, a.code AS place
          FROM unnest(CAST(:names AS text[])) AS k(name)
          JOIN precedent p ON p.name = k.name COLLATE "C" AND p.name <> '' AND p.kind = 'place'
          LEFT JOIN known_address a ON a.code = p.place AND p.place <> ''
         CROSS JOIN LATERAL (
               SELECT v.region_id, v.path
                 FROM (VALUES (1, CASE WHEN a.code LIKE 'building:%' THEN a.region_id END),
                              (2, p.region_id), (3, a.region_id)) AS told(rank, id)
                 JOIN region_version v ON v.region_id = told.id
                      AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                          THEN v.known @> CAST(:known_at AS timestamptz) END
                ORDER BY told.rank LIMIT 1) AS held
         ORDER BY p.name, held.region_id, a.code, p.decided_at DESC) AS one
 ORDER BY one.name, one.decided_at DESC, one.region_id, one.place NULLS LAST
