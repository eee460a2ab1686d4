-- Intake begins: no activation until the transaction ends. What follows is planned once a connection:
-- planning costs more than it could win here.    in  :lock    out  one row
SELECT pg_advisory_xact_lock_shared(:lock), set_config('plan_cache_mode', 'force_generic_plan', true)
