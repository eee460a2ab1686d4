-- The places a rung is asked about: those the ladder has no owner for, and where :gaps, those whose
-- owner stands higher than :rank and covers them.
--   in   :ladder :rank :gaps    tables place, placed    out  table waiting
CREATE TEMPORARY TABLE waiting ON COMMIT DROP AS
SELECT p.*, d.region_id AS known_id
  FROM place p
  LEFT JOIN placed d ON d.n = p.n AND d.ladder = :ladder
 WHERE d.n IS NULL OR (:gaps AND d.rank < :rank AND d.method <> 'nearest')
