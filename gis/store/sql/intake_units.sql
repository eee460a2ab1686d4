-- Which of some accounts have a member in a post at some organisation? 不得自报自办.
--   in   :pairs  JSON, of each: account_id, organisation_id    :now    out  account_id, organisation_id
SELECT DISTINCT g.account_id, g.organisation_id
  FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS g(account_id bigint, organisation_id bigint)
  JOIN member m ON m.account_id = g.account_id
  JOIN post p ON p.member_id = m.id AND p.organisation_id = g.organisation_id
       AND p.valid @> CAST(:now AS timestamptz)
