-- Intake begins: no activation until the transaction ends, and the receipt the key has already.
-- The lock comes first; the receipt may be looked up under the older snapshot, since whoever keeps
-- a second one under the same key is stopped by its primary key.
-- What follows is planned once a connection: planning costs more than it could win here.
--   in   :lock :account_id :key    out  no, query_code, body_sha256, receipt; NULLs for a new key
SELECT m.no, m.query_code, k.body_sha256, k.receipt
  FROM (SELECT pg_advisory_xact_lock_shared(:lock),
               set_config('plan_cache_mode', 'force_generic_plan', true) OFFSET 0) AS held
  LEFT JOIN intake_key k ON k.account_id = :account_id AND k.key = :key
  LEFT JOIN matter m ON m.id = k.matter_id
