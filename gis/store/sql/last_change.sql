-- The instant from which the edition activated last is known.    out  at (null: none was)
SELECT max(activated_at) AS at FROM edition
