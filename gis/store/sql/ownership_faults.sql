-- Accepted faults near a place in the editions that drew what lies around it, as known at an instant.
-- Metres on the flat map that fits the place. The nearest first; ties by kind and key.
--   in   :editions  names    :lon :lat    :kx :ky  metres per degree    :within_m :known_at :most
--   out  kind, codes, m2, away_m, why
SELECT f.kind, f.codes, f.m2, f.why, near.away_m
  FROM edition e
  JOIN edition_fault f ON f.edition_id = e.id AND f.accepted_at <= CAST(:known_at AS timestamptz)
 CROSS JOIN LATERAL (SELECT sqrt(((f.lon - :lon) * :kx) ^ 2 + ((f.lat - :lat) * :ky) ^ 2) AS away_m) AS near
 WHERE e.name = ANY (CAST(:editions AS text[])) AND near.away_m <= :within_m
 ORDER BY round(CAST(near.away_m AS numeric), 2), f.kind, f.key
 LIMIT :most
