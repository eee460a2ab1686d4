-- Who and what is around a new matter, in one statement. Who of them it is, Python says.
--   in   :grid_id :region_id :kind  of handler    :building_id :now      each may be NULL
--        :path  the regions down to :region_id
--        :category :lon :lat :dx :dy :since :account_id :scope_everything :scope_ids :most
--   out  posts, organisations, companies, decided, matters: JSON, each NULL where there are none
SELECT (SELECT jsonb_agg(jsonb_build_array(m.id, m.code, m.name, m.phone, p.id, NOT p.responsible)
                         ORDER BY p.responsible DESC, m.code)
          FROM post p JOIN member m ON m.id = p.member_id
         WHERE p.region_id = CAST(:grid_id AS bigint) AND (p.responsible OR p.role = 'substitute')
           AND p.valid @> CAST(:now AS timestamptz)) AS posts,
       (SELECT jsonb_agg(jsonb_build_array(o.id, o.code, o.name, o.kind, o.home_region_id, o.parent_id,
                                           o.duty_phone, o.handles, o.depth) ORDER BY o.depth DESC, o.code)
          FROM (SELECT o.*, array_position(here.home_path, o.home_region_id) AS depth
                  FROM region here JOIN organisation o ON o.home_region_id = ANY (here.home_path)
                 WHERE here.id = CAST(:region_id AS bigint) AND o.handles @> ARRAY[CAST(:kind AS text)]
                 ORDER BY depth DESC, o.code LIMIT 2) AS o) AS organisations,
       (SELECT jsonb_agg(jsonb_build_array(o.id, o.code, o.name, o.kind, o.home_region_id, o.parent_id,
                                           o.duty_phone, o.handles))
          FROM building b
          JOIN compound c ON c.id = b.compound_id
          JOIN organisation o ON o.id = c.property_company_id
         WHERE b.id = CAST(:building_id AS bigint)) AS companies,
       (SELECT jsonb_build_array(o.id, o.code, o.name, o.kind, o.home_region_id, o.parent_id, o.duty_phone,
                                 o.handles)
          FROM precedent p JOIN organisation o ON o.id = p.organisation_id
         WHERE p.kind = 'unit' AND p.category = CAST(:category AS text)
           AND p.region_id = ANY (CAST(:path AS bigint[]))
         ORDER BY array_position(CAST(:path AS bigint[]), p.region_id) DESC, p.decided_at DESC, p.id DESC
         LIMIT 1) AS decided,
       (SELECT jsonb_agg(jsonb_build_array(m.no, m.text, ST_X(m.geom), ST_Y(m.geom), m.received_at))
          FROM (SELECT m.no, m.text, m.geom, m.received_at
                  FROM matter m LEFT JOIN region r ON r.id = m.region_id
                 WHERE m.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), :dx, :dy)
                   AND m.category = CAST(:category AS text) AND m.closed_at IS NULL
                   AND m.received_at >= CAST(:since AS timestamptz) AND NOT m.conduct
                   AND (m.filed_by = :account_id OR :scope_everything
                        OR r.home_path && CAST(:scope_ids AS bigint[]))
                 ORDER BY abs(ST_X(m.geom) - :lon) / :dx + abs(ST_Y(m.geom) - :lat) / :dy, m.id
                 LIMIT :most) AS m) AS matters
