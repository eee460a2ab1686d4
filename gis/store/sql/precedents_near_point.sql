-- Decisions on places within reach of a point, the newest first, whose regions are still in force.
--   in   :lon :lat :dx :dy  degrees, EPSG:4490    :kx :ky  metres per degree    :reach_m  :valid_on :known_at
--   out  region_id, path, decided_at    uses precedent_point_gix
SELECT p.region_id, v.path, p.decided_at
  FROM precedent p
  JOIN region_version v ON v.region_id = p.region_id
       AND CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 WHERE p.kind = 'place'
   AND p.point && ST_MakeEnvelope(:lon - :dx, :lat - :dy, :lon + :dx, :lat + :dy, 4490)
   AND ((ST_X(p.point) - :lon) * :kx) ^ 2 + ((ST_Y(p.point) - :lat) * :ky) ^ 2 <= CAST(:reach_m AS float8) ^ 2
 ORDER BY p.decided_at DESC, p.id DESC
