-- Intake begins: no activation until the transaction ends, and nobody else with one of these keys. What
-- follows is planned once a connection: planning costs more than it could win here.
--   in   :lock  :keys  numbers of locks, each once, in order    out  rows without meaning
SELECT pg_advisory_xact_lock_shared(:lock), set_config('plan_cache_mode', 'force_generic_plan', true)
UNION ALL
SELECT pg_advisory_xact_lock(CAST(:key_lock AS integer), k.number), NULL FROM unnest(CAST(:keys AS integer[])) AS k(number)
