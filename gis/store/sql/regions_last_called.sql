-- The last main code and official name that regions had.    in  :ids    out  id, code, name
SELECT r.id,
       (SELECT c.code FROM region_code c WHERE c.region_id = r.id AND c.scheme = 'main'
         ORDER BY lower(c.valid) DESC LIMIT 1) AS code,
       (SELECT n.name FROM region_name n
         WHERE n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
         ORDER BY lower(n.valid) DESC LIMIT 1) AS name
  FROM unnest(CAST(:ids AS bigint[])) AS r(id)
