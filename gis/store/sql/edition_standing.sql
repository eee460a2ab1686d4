-- The shapes that staged regions have on the edition's day, where they are to get another one.
--   in   :valid_from :most    table incoming    out  row, geom (WKB), evenly spread over the rows
SELECT row, geom
  FROM (SELECT i.row, s.id, row_number() OVER (ORDER BY i.row) - 1 AS n, count(*) OVER () AS all_of_them
          FROM incoming i
          JOIN region_version v ON v.region_id = i.region_id
                               AND CASE WHEN v.valid @> CAST(:valid_from AS date) THEN upper_inf(v.known) END
          JOIN shape s ON s.id = v.shape_id
         WHERE i.shape_sha256 IS NOT NULL AND s.sha256 <> i.shape_sha256) AS standing
 CROSS JOIN LATERAL (SELECT ST_AsBinary(s.geom) AS geom FROM shape s WHERE s.id = standing.id) AS kept
 WHERE n % greatest(1, (all_of_them + :most - 1) / :most) = 0
