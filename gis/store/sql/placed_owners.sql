-- The owner of each place: the deepest of those found on its ladders.
--   in   table placed    out  n, region_id
SELECT DISTINCT ON (n) n, region_id FROM placed ORDER BY n, rank DESC, ladder
