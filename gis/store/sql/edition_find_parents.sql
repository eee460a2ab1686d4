-- The parent each incoming row names, looked for in the levels above, the nearest first.
--   in   :level_id :valid_from    table incoming
--   out  incoming.parent_id, left null where no level above holds that code on the day
WITH RECURSIVE above AS (
    SELECT l.under_id AS id, 1 AS step FROM level l WHERE l.id = :level_id
     UNION ALL
    SELECT l.under_id, a.step + 1 FROM above a JOIN level l ON l.id = a.id
), found AS (
    SELECT DISTINCT ON (c.code) c.code, c.region_id
      FROM region_code c
      JOIN above a ON a.id = c.level_id
      JOIN region_version v ON v.region_id = c.region_id
                           AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
     WHERE c.scheme = 'main' AND CASE WHEN c.valid @> CAST(:valid_from AS date) THEN true END
       AND c.code IN (SELECT parent_code FROM incoming)
     ORDER BY c.code, a.step
)
UPDATE incoming i SET parent_id = f.region_id FROM found f WHERE f.code = i.parent_code
