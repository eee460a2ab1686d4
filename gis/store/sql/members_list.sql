-- Members with a post in the scope at the moment, by code; with everything in scope all members.
--   in   :valid_on :known_at    :now (of the posts)    :scope_everything :scope_ids    :region_id (or null: below it)
--        :after (code or null) :most
--   out  id, code, name, phone
SELECT m.id, m.code, m.name, m.phone
  FROM member m
 WHERE (CAST(:after AS text) IS NULL OR m.code > :after)
   AND (:scope_everything AND CAST(:region_id AS bigint) IS NULL OR EXISTS (
       SELECT FROM post p
         LEFT JOIN organisation o ON o.id = p.organisation_id
         LEFT JOIN place_home h ON h.kind = 'building' AND h.object_id = p.building_id
                               AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                                   THEN h.known @> CAST(:known_at AS timestamptz) END
         JOIN region r ON r.id = coalesce(p.region_id, o.home_region_id, h.region_id)
        WHERE p.member_id = m.id AND p.valid @> CAST(:now AS timestamptz)
          AND (:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]))
          AND (CAST(:region_id AS bigint) IS NULL
               OR r.home_path @> ARRAY[CAST(:region_id AS bigint)])))
 ORDER BY m.code
 LIMIT :most
