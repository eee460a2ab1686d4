-- What intake begins with, once it holds the locks: since when the last change of boundaries is known, and the
-- receipts that keys have already.
--   in   :keys  JSON, of each: n, account_id, key
--   out  changed_at; n, no, query_code, body_sha256, receipt of each key that has one, else one row of NULLs
SELECT c.changed_at, k.n, k.no, k.query_code, k.body_sha256, k.receipt
  FROM (SELECT max(activated_at) AS changed_at FROM edition) AS c
  LEFT JOIN (SELECT g.n, m.no, m.query_code, k.body_sha256, k.receipt
               FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS g(n integer, account_id bigint, key text)
              CROSS JOIN LATERAL (
                     SELECT k.matter_id, k.body_sha256, k.receipt FROM intake_key k
                      WHERE k.account_id = g.account_id AND k.key = g.key
                     OFFSET 0) AS k
               JOIN matter m ON m.id = k.matter_id) AS k ON true
