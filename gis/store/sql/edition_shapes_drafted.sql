-- What an open edition draws of the regions whose ground or code it changes, by code.
--   in   :edition_id :most (rows of changes looked at)    out  code, name, geom (WKB)
SELECT d.code, d.name, ST_AsBinary(s.geom) AS geom
  FROM (SELECT code FROM edition_change
         WHERE edition_id = :edition_id
           AND changes && CAST(ARRAY['added', 'moved', 'recoded'] AS text[])
         ORDER BY code, id LIMIT :most) AS changed
  JOIN draft_region d ON d.edition_id = :edition_id AND d.code = changed.code
  JOIN shape s ON s.id = d.shape_id
 ORDER BY d.code
