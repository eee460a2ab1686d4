-- Facilities whose grid an edition may have changed: at home in a region it touched, or near the
-- shape of one. One without an entrance is where its building is.
--   in   :reach_deg  degrees    table touched (region_id, days)    out  table home_asked (id, lon, lat)
CREATE TEMPORARY TABLE home_asked ON COMMIT DROP AS
WITH area AS MATERIALIZED (
    SELECT ST_Expand(s.geom, :reach_deg) AS box
      FROM touched t
      JOIN region_version v ON v.region_id = t.region_id AND upper_inf(v.known) AND v.valid && t.days
      JOIN shape s ON s.id = v.shape_id
), near AS (
    SELECT f.id FROM area a JOIN facility f ON f.point && a.box
     UNION
    SELECT f.id FROM area a JOIN building b ON coalesce(b.point && a.box, b.geom && a.box)
      JOIN facility f ON f.building_id = b.id AND f.point IS NULL
     UNION
    SELECT h.object_id FROM touched t
      JOIN place_home h ON h.region_id = t.region_id AND h.kind = 'facility'
                       AND upper_inf(h.known) AND h.valid && t.days
)
SELECT f.id, ST_X(p.place) AS lon, ST_Y(p.place) AS lat
  FROM near
  JOIN facility f ON f.id = near.id
  LEFT JOIN building b ON b.id = f.building_id
 CROSS JOIN LATERAL (
       SELECT coalesce(f.point, b.point, ST_PointOnSurface(b.geom)) AS place OFFSET 0) AS p
