-- Who a key belongs to, with the grants that hold now. One statement: machines ask often.
--   in   :key_sha256 :now
--   out  id, login, name, must_change_password, grants (JSON: role and region id of each, in order)
SELECT a.id, a.login, a.name, a.must_change_password,
       (SELECT jsonb_agg(jsonb_build_array(g.role, g.region_id) ORDER BY g.role, g.region_id)
          FROM role_grant g
         WHERE g.account_id = a.id AND g.valid @> CAST(:now AS timestamptz)) AS grants
  FROM api_key k
  JOIN account a ON a.id = k.account_id
 WHERE k.key_sha256 = :key_sha256 AND k.revoked_at IS NULL AND k.expires_at > :now
   AND a.disabled_at IS NULL
