-- Regions whose name is said anew or ends, and on which days.
--   in   :valid_from    tables incoming, ending    out  table restated
CREATE TEMPORARY TABLE restated ON COMMIT DROP AS
SELECT i.region_id, daterange(CAST(:valid_from AS date), i.until) AS days, i.name
  FROM incoming i
 WHERE NOT EXISTS (SELECT FROM region_name n
                    WHERE n.region_id = i.region_id AND n.lang = 'zh' AND n.kind = 'official'
                      AND n.name = i.name AND CASE WHEN n.valid @> CAST(:valid_from AS date) THEN true END)
UNION ALL
SELECT region_id, daterange(CAST(:valid_from AS date), until), NULL FROM ending
