-- The regions this edition changes and the days it changes: from its own to the next edition's.
--   in   :valid_from    tables incoming, ending    out  table touched
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT region_id, daterange(CAST(:valid_from AS date), until) AS days
  FROM incoming WHERE change IS NOT NULL
UNION ALL
SELECT region_id, daterange(CAST(:valid_from AS date), until) FROM ending
