-- Every level, top first.    out  id, code, name, rank, above (code), overlay
SELECT l.id, l.code, l.name, l.rank, above.code AS above, l.overlay
  FROM level l LEFT JOIN level above ON above.id = l.under_id
 ORDER BY l.rank
