-- Posts that members hold at the moment, those in the scope, with the words of their places.
--   in   :member_ids (a page of them) :valid_on :known_at    :now (of the posts)    :scope_everything :scope_ids
--   out  member_id, role, kind, level, code, name, responsible, since, until
SELECT p.member_id, p.role,
       CASE WHEN p.region_id IS NOT NULL THEN 'region'
            WHEN p.building_id IS NOT NULL THEN 'building' ELSE 'organisation' END AS kind,
       CASE WHEN p.region_id IS NOT NULL THEN l.code END AS level,
       CASE WHEN p.region_id IS NOT NULL THEN c.code ELSE coalesce(b.code, o.code) END AS code,
       CASE WHEN p.region_id IS NOT NULL THEN n.name ELSE coalesce(b.name, o.name) END AS name,
       p.responsible, lower(p.valid) AS since, upper(p.valid) AS until
  FROM unnest(CAST(:member_ids AS bigint[])) AS wanted(id)
  JOIN post p ON p.member_id = wanted.id AND p.valid @> CAST(:now AS timestamptz)
  LEFT JOIN organisation o ON o.id = p.organisation_id
  LEFT JOIN building b ON b.id = p.building_id
  LEFT JOIN place_home h ON h.kind = 'building' AND h.object_id = p.building_id
                        AND CASE WHEN h.valid @> CAST(:valid_on AS date)
                            THEN h.known @> CAST(:known_at AS timestamptz) END
  LEFT JOIN region r ON r.id = coalesce(p.region_id, o.home_region_id, h.region_id)
  LEFT JOIN level l ON l.id = r.level_id
  LEFT JOIN region_code c ON c.region_id = r.id AND c.scheme = 'main'
                         AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN true END
  LEFT JOIN region_name n ON n.region_id = r.id AND n.lang = 'zh' AND n.kind = 'official'
                         AND CASE WHEN n.valid @> CAST(:valid_on AS date) THEN true END
 WHERE :scope_everything OR r.home_path && CAST(:scope_ids AS bigint[])
 ORDER BY p.member_id, lower(p.valid), p.id
