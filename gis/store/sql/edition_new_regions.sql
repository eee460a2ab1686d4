-- Identities for the rows that speak of regions nobody knew, in the order of the rows.
--   in   :level_id    table incoming    out  incoming.region_id, all of them set
WITH numbered AS (
    SELECT row, nextval(pg_get_serial_sequence('region', 'id')) AS id
      FROM (SELECT row FROM incoming WHERE region_id IS NULL ORDER BY row) AS unknown
), made AS (
    INSERT INTO region (id, level_id, home_path) OVERRIDING SYSTEM VALUE
    SELECT id, :level_id, '{}' FROM numbered
)
UPDATE incoming i SET region_id = n.id FROM numbered n WHERE n.row = i.row
