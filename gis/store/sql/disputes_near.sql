-- Disputes in force that a place's error disc touches, the one with most of it first.
--   in   :lon :lat  degrees, EPSG:4490    :dx :dy  radius in degrees    :kx :ky  metres per degree
--        :radius_m  of the error disc, > 0    :valid_on :known_at
--   out  code, share, owner_id, path (null where the owner isn't in force), claimants (ids, by code), since,
--        until (null: without end), known: [[id, level, code, name], …]
WITH near AS MATERIALIZED (
  SELECT d.id, d.code, t.owner_id, lower(t.valid) AS since, upper(t.valid) AS until,
         CASE WHEN ST_Covers(flat.area, flat.disc) THEN 1.0
              ELSE ST_Area(ST_Intersection(flat.area, flat.disc)) / ST_Area(flat.disc) END AS share
    FROM dispute d
    JOIN dispute_term t ON t.dispute_id = d.id
     AND CASE WHEN t.valid @> CAST(:valid_on AS date) THEN t.known @> CAST(:known_at AS timestamptz) END
   CROSS JOIN LATERAL (
         SELECT ST_Scale(ST_SetSRID(ST_Translate(d.geom, -:lon, -:lat), 0), :kx, :ky) AS area,
                ST_Buffer(ST_MakePoint(0, 0), :radius_m, 32) AS disc
         OFFSET 0) AS flat
   WHERE d.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), :dx, :dy))
SELECT n.code, n.share, n.owner_id, v.path || n.owner_id AS path, n.since, n.until,
       (SELECT array_agg(k.region_id ORDER BY l.rank, c.code, k.region_id)
          FROM dispute_claimant k
          JOIN region r ON r.id = k.region_id
          JOIN level l ON l.id = r.level_id
          LEFT JOIN region_code_known c ON c.region_id = k.region_id AND c.scheme = 'main'
                AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
         WHERE k.dispute_id = n.id) AS claimants,
       (SELECT jsonb_agg(jsonb_build_array(i.id, l.code, c.code, w.name))
          FROM (SELECT unnest(v.path || n.owner_id) AS id
                UNION SELECT n.owner_id
                UNION SELECT c.region_id FROM dispute_claimant c WHERE c.dispute_id = n.id) AS i
          JOIN region r ON r.id = i.id
          JOIN level l ON l.id = r.level_id
          LEFT JOIN region_code_known c ON c.region_id = i.id AND c.scheme = 'main'
                AND CASE WHEN c.valid @> CAST(:valid_on AS date) THEN c.known @> CAST(:known_at AS timestamptz) END
          LEFT JOIN region_name_known w ON w.region_id = i.id AND w.lang = 'zh' AND w.kind = 'official'
                AND CASE WHEN w.valid @> CAST(:valid_on AS date) THEN w.known @> CAST(:known_at AS timestamptz) END) AS known
  FROM near n
  LEFT JOIN region_version v ON v.region_id = n.owner_id
       AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 WHERE n.share > 0
 ORDER BY n.share DESC, n.code
