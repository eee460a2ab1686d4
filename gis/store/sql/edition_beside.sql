-- Editions on the same level whose subtree is the same, above or below that of one edition.
--   in   :edition_id    out  id, name, state, activated_at
SELECT e.id, e.name, e.state, e.activated_at
  FROM edition mine
  LEFT JOIN region mr ON mr.id = mine.root_region_id
  JOIN edition e ON e.level_id = mine.level_id AND e.id <> mine.id
  LEFT JOIN region er ON er.id = e.root_region_id
 WHERE mine.id = :edition_id
   AND (mr.id IS NULL OR er.id IS NULL OR er.id = ANY (mr.home_path) OR mr.id = ANY (er.home_path))
 ORDER BY e.id
