-- Buildings whose grid an edition may have changed: at home in a region it touched, or near the
-- shape of one. Boxes only: whoever is asked for nothing stays as it is.
--   in   :reach_deg  degrees    table touched (region_id, days)    out  table home_asked (id, lon, lat)
CREATE TEMPORARY TABLE home_asked ON COMMIT DROP AS
WITH area AS MATERIALIZED (
    SELECT ST_Expand(s.geom, :reach_deg) AS box
      FROM touched t
      JOIN region_version v ON v.region_id = t.region_id AND upper_inf(v.known) AND v.valid && t.days
      JOIN shape s ON s.id = v.shape_id
), near AS (
    SELECT b.id FROM area a JOIN building b ON b.point && a.box
     UNION
    SELECT b.id FROM area a JOIN building b ON b.point IS NULL AND b.geom && a.box
     UNION
    SELECT h.object_id FROM touched t
      JOIN place_home h ON h.region_id = t.region_id AND h.kind = 'building'
                       AND upper_inf(h.known) AND h.valid && t.days
)
SELECT b.id, ST_X(p.place) AS lon, ST_Y(p.place) AS lat
  FROM near
  JOIN building b ON b.id = near.id
 CROSS JOIN LATERAL (SELECT coalesce(b.point, ST_PointOnSurface(b.geom)) AS place OFFSET 0) AS p
