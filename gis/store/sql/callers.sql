-- Who some keys and sessions belong to, with the grants that hold now, whoever may not pass left out. One
-- statement: machines ask often.
--   in   :keys :sessions  sums of keys and of sessions' tokens    :now :seen_after  sessions last seen
--        before are over
--   out  sha256, by_key, id, login, name, must_change_password, last_seen_at (of a session), grants (JSON: role
--        and region id of each, in order)
SELECT shown.sha256, shown.by_key, a.id, a.login, a.name, a.must_change_password, shown.last_seen_at,
       (SELECT jsonb_agg(jsonb_build_array(g.role, g.region_id) ORDER BY g.role, g.region_id)
          FROM role_grant g
         WHERE g.account_id = a.id AND g.valid @> CAST(:now AS timestamptz)) AS grants
  FROM (SELECT k.key_sha256 AS sha256, true AS by_key, k.account_id, NULL AS last_seen_at
          FROM api_key k
         WHERE k.key_sha256 = ANY (CAST(:keys AS bytea[])) AND k.revoked_at IS NULL AND k.expires_at > :now
        UNION ALL
        SELECT s.token_sha256, false, s.account_id, s.last_seen_at
          FROM account_session s
         WHERE s.token_sha256 = ANY (CAST(:sessions AS bytea[])) AND s.expires_at > :now
           AND s.last_seen_at > :seen_after) AS shown
  JOIN account a ON a.id = shown.account_id
 WHERE a.disabled_at IS NULL
