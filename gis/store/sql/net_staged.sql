-- The grids that a staged edition would change, as they are known now on its day; and all it says of
-- new ones. Ended ones have no row.
--   in   :since    tables incoming, ending
--   out  row (of the edition, or null), region_id (null: a new grid), was (WKB, null where not in force)
SELECT x.row, x.region_id, ST_AsBinary(s.geom) AS was
  FROM (SELECT row, region_id FROM incoming WHERE change IN ('added', 'moved')
        UNION ALL SELECT NULL, region_id FROM ending) AS x
  LEFT JOIN region_version v ON v.region_id = x.region_id
       AND CASE WHEN v.valid @> CAST(:since AS date) THEN upper_inf(v.known) END
  LEFT JOIN shape s ON s.id = v.shape_id
