-- Which of many paths lead anywhere.
--   in   :paths    out  path
SELECT k.path FROM unnest(CAST(:paths AS text[])) AS k(path)
 WHERE EXISTS (SELECT FROM address_path p WHERE p.path = k.path COLLATE "C" OFFSET 0)
