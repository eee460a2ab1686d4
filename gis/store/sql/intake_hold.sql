-- Intake begins: no activation until the transaction ends, and nobody else with one of these keys. What
-- follows is planned once a connection: planning costs more than it could win here. So it is planned for tables
-- that have grown, not for those of the first day: by their indexes, and never compiled for being dear.
--   in   :lock  :key_lock :keys  the two numbers of each lock on a key, in order    out  rows without meaning
SELECT pg_advisory_xact_lock_shared(:lock), set_config('plan_cache_mode', 'force_generic_plan', true)
UNION ALL
SELECT NULL, set_config(one.name, 'off', true) FROM (VALUES ('enable_seqscan'), ('jit')) AS one(name)
UNION ALL
SELECT pg_advisory_xact_lock(CAST(:key_lock AS integer), k.number), NULL
  FROM unnest(CAST(:keys AS integer[])) AS k(number)
