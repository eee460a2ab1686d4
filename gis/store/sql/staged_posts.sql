-- The grids that a staged edition adds, reshapes or ends: how each was on its day, as known now, and
-- whether somebody is responsible for it then.
--   in   :since  its day, :begins :ends  the instants between which that day lies
--        tables incoming, ending
--   out  row (of the edition, or null), added, manned, was (WKB, null where not in force)
SELECT x.row, x.added,
       EXISTS (SELECT FROM post p
                WHERE p.region_id = x.region_id AND p.responsible
                  AND p.valid && tstzrange(:begins, :ends)) AS manned,
       ST_AsBinary(s.geom) AS was
  FROM (SELECT row, region_id, change = 'added' AS added FROM incoming
         WHERE change IN ('added', 'moved')
        UNION ALL SELECT NULL, region_id, false FROM ending) AS x
  LEFT JOIN region_version v ON v.region_id = x.region_id
       AND CASE WHEN v.valid @> CAST(:since AS date) THEN upper_inf(v.known) END
  LEFT JOIN shape s ON s.id = v.shape_id
 ORDER BY x.row, x.region_id
