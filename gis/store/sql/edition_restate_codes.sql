-- Regions that get their code (new ones, those stated for days they had none or another) or lose it.
--   in   :valid_from    tables incoming, ending    out  table restated
CREATE TEMPORARY TABLE restated ON COMMIT DROP AS
SELECT i.region_id, daterange(CAST(:valid_from AS date), i.until) AS days, i.code
  FROM incoming i
 WHERE NOT EXISTS (SELECT FROM region_code c
                    WHERE c.region_id = i.region_id AND c.scheme = 'main' AND c.code = i.code
                      AND CASE WHEN c.valid @> CAST(:valid_from AS date) THEN true END)
UNION ALL
SELECT region_id, daterange(CAST(:valid_from AS date), until), NULL FROM ending
