-- Editions that an account may know of, the one kept last first. One in force is everybody's. An open
-- or withdrawn one is seen whole by its author, by who approved it and by roles over all of it; in
-- part by roles over some of it; others don't learn that it is there.
--   in   :account_id :scope_everything :scope_ids    :id :before :state (null: any)  :most (null: all)
--   out  id, name, level, source, state, valid_from, activated_at, whole
SELECT e.id, e.name, l.code AS level, e.source, e.state, e.valid_from, e.activated_at, s.whole
  FROM edition e
  JOIN level l ON l.id = e.level_id
  LEFT JOIN region root ON root.id = e.root_region_id
 CROSS JOIN LATERAL (
       SELECT e.state = 'active' OR :scope_everything OR coalesce(e.made_by = :account_id, false)
              OR coalesce(root.home_path && CAST(:scope_ids AS bigint[]), false)
              OR EXISTS (SELECT FROM edition_approval a
                          WHERE a.edition_id = e.id AND a.account_id = :account_id) AS whole
       OFFSET 0) AS s
 WHERE (CAST(:id AS bigint) IS NULL OR e.id = :id)
   AND (CAST(:before AS bigint) IS NULL OR e.id < :before)
   AND (CAST(:state AS text) IS NULL OR e.state = :state)
   AND (s.whole OR EXISTS (
        SELECT FROM region mine
         WHERE mine.id = ANY (CAST(:scope_ids AS bigint[]))
           AND (root.id IS NULL OR root.id = ANY (mine.home_path))))
 ORDER BY e.id DESC
 LIMIT :most
