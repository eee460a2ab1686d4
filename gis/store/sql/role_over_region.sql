-- Does an account hold one of some roles over a region or one above it, granted at a level or higher?
--   in   :account_id :roles :now    :root_id (null: only a grant over the whole deployment counts)
--        :at_level (code, or null for any level)
--   out  one boolean
SELECT EXISTS (
    SELECT FROM role_grant g
      LEFT JOIN region granted ON granted.id = g.region_id
      LEFT JOIN level l ON l.id = granted.level_id
     WHERE g.account_id = :account_id AND g.role = ANY (CAST(:roles AS text[])) AND g.valid @> CAST(:now AS timestamptz)
       AND (g.region_id IS NULL
            OR g.region_id = ANY (CAST((SELECT home_path FROM region WHERE id = CAST(:root_id AS bigint)) AS bigint[]))
               AND (CAST(:at_level AS text) IS NULL
                    OR l.rank <= (SELECT rank FROM level WHERE code = CAST(:at_level AS text)))))
