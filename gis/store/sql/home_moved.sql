-- The objects whose grids from their day on aren't the ones that are known.
--   in   :kind    table home_stated (object_id, since, region_id or null, valid)
--   in   :batch  objects written by one statement
--   out  table home_moved (object_id, since, batch from 0), gone at the end of the transaction
CREATE TEMPORARY TABLE home_moved ON COMMIT DROP AS
WITH asked AS (
    SELECT DISTINCT object_id, since FROM home_stated
), known AS (
    SELECT p.object_id, p.region_id, p.valid * daterange(a.since, NULL) AS valid
      FROM asked a
      JOIN place_home p ON p.kind = :kind AND p.object_id = a.object_id AND upper_inf(p.known)
                       AND p.valid && daterange(a.since, NULL)
), stated AS (
    SELECT object_id, region_id, valid FROM home_stated WHERE region_id IS NOT NULL
)
SELECT a.object_id, a.since, (row_number() OVER (ORDER BY a.object_id) - 1) / :batch AS batch
  FROM asked a
 WHERE a.object_id IN (
       (SELECT object_id FROM (SELECT * FROM known EXCEPT SELECT * FROM stated) AS gone)
        UNION ALL
       (SELECT object_id FROM (SELECT * FROM stated EXCEPT SELECT * FROM known) AS new))
