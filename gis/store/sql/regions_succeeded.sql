-- What became of regions that are not in force on a day: which of them share out the area each had
-- last, the heir among those, and the lowest region above that stands. Regions in force are absent.
--   in   :ids  regions    :day    :heir_share
--   out  region_id, heir, among (null or ids of the same level), above
WITH last AS (
    SELECT DISTINCT ON (v.region_id) v.region_id, r.level_id, v.path, v.shape_id, s.geom
      FROM unnest(CAST(:ids AS bigint[])) AS asked(id)
      JOIN region r ON r.id = asked.id
      JOIN region_version v ON v.region_id = r.id
      LEFT JOIN shape s ON s.id = v.shape_id
     WHERE NOT EXISTS (SELECT FROM region_version n WHERE n.region_id = r.id
                          AND CASE WHEN n.valid @> CAST(:day AS date) THEN upper_inf(n.known) END)
     ORDER BY v.region_id, lower(v.valid) <= CAST(:day AS date) DESC, upper_inf(v.known) DESC,
              lower(v.valid) DESC, lower(v.known) DESC
), shared AS (
    SELECT l.region_id, v.region_id AS other,
           CASE WHEN s.id = l.shape_id THEN 1
                ELSE ST_Area(ST_Intersection(s.geom, l.geom)) / nullif(ST_Area(l.geom), 0) END AS share
      FROM last l
      JOIN shape s ON s.geom && l.geom
      JOIN region_version v ON v.shape_id = s.id
           AND CASE WHEN v.valid @> CAST(:day AS date) THEN upper_inf(v.known) END
      JOIN region r ON r.id = v.region_id AND r.level_id = l.level_id
)
SELECT l.region_id,
       (SELECT s.other FROM shared s WHERE s.region_id = l.region_id AND s.share >= :heir_share
         ORDER BY s.share DESC, s.other LIMIT 1) AS heir,
       (SELECT array_agg(s.other ORDER BY s.other) FROM shared s
         WHERE s.region_id = l.region_id AND s.share > 0) AS among,
       (SELECT a.id FROM unnest(l.path) WITH ORDINALITY AS a(id, n)
         WHERE EXISTS (SELECT FROM region_version v WHERE v.region_id = a.id
                          AND CASE WHEN v.valid @> CAST(:day AS date) THEN upper_inf(v.known) END)
         ORDER BY a.n DESC LIMIT 1) AS above
  FROM last l
