-- The changes of an edition that lie within a scope: of regions there, and of new ones under them.
--   in   :edition_id :scope_ids    out  id (of edition_change), code
SELECT ch.id, ch.code
  FROM edition_change ch
  JOIN edition e ON e.id = ch.edition_id
 WHERE ch.edition_id = :edition_id
   AND EXISTS (
        SELECT FROM region_code c
          JOIN region r ON r.id = c.region_id
         WHERE c.scheme = 'main' AND r.home_path && CAST(:scope_ids AS bigint[])
           AND (c.code IN (ch.code, ch.code_before) AND r.level_id = e.level_id
                OR c.code = ch.parent_after AND r.level_id <> e.level_id
                   AND 'added' = ANY (ch.changes)))
 ORDER BY ch.id
