-- Disputes in force that the error discs of places touch, the one with most of a disc first.
--   in   :places  JSON, of each: n, lon lat (degrees, EPSG:4490), dx dy (radius in degrees), kx ky (metres
--        per degree), radius_m (of the error disc, > 0)    :valid_on :known_at
--   out  n, code, share, owner_id, path (null where the owner isn't in force), claimants (ids, by code), since,
--        until (null: without end), known: [[id, level, code, name], …]; by n
WITH near AS MATERIALIZED (
  SELECT g.n, d.id, d.code, t.owner_id, lower(t.valid) AS since, upper(t.valid) AS until,
         CASE WHEN ST_Covers(flat.area, flat.disc) THEN 1.0
              ELSE ST_Area(ST_Intersection(flat.area, flat.disc)) / ST_Area(flat.disc) END AS share
    FROM jsonb_to_recordset(CAST(:places AS jsonb)) AS g(
         n integer, lon float8, lat float8, dx float8, dy float8, kx float8, ky float8, radius_m float8)
   CROSS JOIN LATERAL (
         SELECT d.id, d.code, d.geom FROM dispute d
          WHERE d.geom && ST_Expand(ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4490), g.dx, g.dy)
         OFFSET 0) AS d
    JOIN dispute_term t ON t.dispute_id = d.id
     AND CASE WHEN t.valid @> CAST(:valid_on AS date) THEN t.known @> CAST(:known_at AS timestamptz) END
   CROSS JOIN LATERAL (
         SELECT ST_Scale(ST_SetSRID(ST_Translate(d.geom, -g.lon, -g.lat), 0), g.kx, g.ky) AS area,
                ST_Buffer(ST_MakePoint(0, 0), g.radius_m, 32) AS disc
         OFFSET 0) AS flat)
SELECT n.n, n.code, n.share, n.owner_id, v.path || n.owner_id AS path, n.since, n.until,
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
 ORDER BY n.n, n.share DESC, n.code
