-- Which region does each incoming row speak of? The one it names; else the one that holds its code at that level from the
-- day on; one that takes the code later is meant when nobody holds it on the day itself.
--   in   :level_id :valid_from    table incoming
--   out  incoming.region_id, null for a region nobody knows yet
WITH found AS (
    SELECT DISTINCT ON (c.code) c.code, c.region_id
      FROM region_code c JOIN incoming i ON i.code = c.code
     WHERE c.level_id = :level_id AND c.scheme = 'main' AND i.region_id IS NULL
       AND NOT EXISTS (SELECT FROM incoming n WHERE n.region_id = c.region_id)
       AND c.valid && daterange(:valid_from, NULL)
     ORDER BY c.code, lower(c.valid)
)
UPDATE incoming i SET region_id = f.region_id FROM found f WHERE f.code = i.code
