-- Who is around new matters, in one statement. Who of them it is, Python says.
--   in   :matters  JSON, of each: n, grid_id, region_id, kind (of handler), building_id, category, any of
--        them NULL, and path, the regions down to region_id    :now
--   out  n, posts, organisations, companies, decided: JSON, each NULL where there are none; by n
SELECT g.n,
       (SELECT jsonb_agg(jsonb_build_array(m.id, m.code, m.name, m.phone, p.id, NOT p.responsible)
                         ORDER BY p.responsible DESC, m.code)
          FROM post p JOIN member m ON m.id = p.member_id
         WHERE p.region_id = g.grid_id AND (p.responsible OR p.role = 'substitute')
           AND p.valid @> CAST(:now AS timestamptz)) AS posts,
       (SELECT jsonb_agg(jsonb_build_array(o.id, o.code, o.name, o.kind, o.home_region_id, o.parent_id,
                                           o.duty_phone, o.handles, o.depth) ORDER BY o.depth DESC, o.code)
          FROM (SELECT o.*, array_position(here.home_path, o.home_region_id) AS depth
                  FROM region here JOIN organisation o ON o.home_region_id = ANY (here.home_path)
                 WHERE here.id = g.region_id AND o.handles @> ARRAY[g.kind]
                 ORDER BY depth DESC, o.code LIMIT 2) AS o) AS organisations,
       (SELECT jsonb_agg(jsonb_build_array(o.id, o.code, o.name, o.kind, o.home_region_id, o.parent_id,
                                           o.duty_phone, o.handles))
          FROM building b
          JOIN compound c ON c.id = b.compound_id
          JOIN organisation o ON o.id = c.property_company_id
         WHERE b.id = g.building_id) AS companies,
       (SELECT jsonb_build_array(o.id, o.code, o.name, o.kind, o.home_region_id, o.parent_id, o.duty_phone,
                                 o.handles)
          FROM precedent p JOIN organisation o ON o.id = p.organisation_id
         WHERE p.kind = 'unit' AND p.category = g.category AND p.region_id = ANY (g.path)
         ORDER BY array_position(g.path, p.region_id) DESC, p.decided_at DESC, p.id DESC
         LIMIT 1) AS decided
  FROM jsonb_to_recordset(CAST(:matters AS jsonb)) AS g(
       n integer, grid_id bigint, region_id bigint, kind text, building_id bigint, category text,
       path bigint[])
 ORDER BY g.n
