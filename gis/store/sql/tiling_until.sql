-- The next day on which some boundary, code or name is different; NULL if none is known.
--   in   :valid_on    out  day
SELECT min(bound.day) AS day
  FROM (SELECT unnest(ARRAY[lower(valid), upper(valid)]) AS day FROM region_version
         WHERE upper_inf(known) AND (lower(valid) > CAST(:valid_on AS date)
                                     OR upper(valid) > CAST(:valid_on AS date))
        UNION ALL
        SELECT unnest(ARRAY[lower(valid), upper(valid)]) FROM region_code
         WHERE lower(valid) > CAST(:valid_on AS date) OR upper(valid) > CAST(:valid_on AS date)
        UNION ALL
        SELECT unnest(ARRAY[lower(valid), upper(valid)]) FROM region_name
         WHERE lower(valid) > CAST(:valid_on AS date) OR upper(valid) > CAST(:valid_on AS date)
       ) AS bound
 WHERE bound.day > CAST(:valid_on AS date)
