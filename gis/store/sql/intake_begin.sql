-- What intake begins with, once it holds the lock: the receipt that the key has already, and since
-- when the last change of boundaries is known.
--   in   :account_id :key
--   out  changed_at; no, query_code, body_sha256, receipt: NULLs for a new key
SELECT c.changed_at, m.no, m.query_code, k.body_sha256, k.receipt
  FROM (SELECT max(activated_at) AS changed_at FROM edition) AS c
  LEFT JOIN intake_key k ON k.account_id = :account_id AND k.key = :key
  LEFT JOIN matter m ON m.id = k.matter_id
