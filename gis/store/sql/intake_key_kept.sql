-- The receipt that was given for a key, if any.
--   in   :account_id :key    out  body_sha256, receipt, no, query_code
SELECT k.body_sha256, k.receipt, m.no, m.query_code
  FROM intake_key k JOIN matter m ON m.id = k.matter_id
 WHERE k.account_id = :account_id AND k.key = :key
