-- Keep new matters and all that comes with them, once for each key of an account: in one statement.
-- What a matter consists of stands in lists of their own, `m` being the matter.
--   in   :matters, of each: m, no, account_id, key, body_sha256 (hexadecimal), receipt, what the matter and its
--        place consist of, contact_key_id, sealed    :clocks :events :outbox :tasks  JSON    :erase_after
--   out  id of each that was kept: those whose key was free
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:matters AS jsonb)) AS g(
         m bigint, no text, account_id bigint, key text, body_sha256 text, receipt jsonb,
         query_code text, text text, channel text, category text, proposal jsonb, item jsonb,
         proposed_class text, matter_class text, urgency text, state text, queue text,
         conduct boolean, region_id bigint, handler_id bigint, member_post_id bigint,
         building_id bigint, lon float8, lat float8, accuracy_m float8, origin text,
         raw_place jsonb, outer_no text, observed_at timestamptz, received_at timestamptz,
         due_at timestamptz, place_region_id bigint, version_id bigint, method text,
         confident boolean, edge_m float8, candidates jsonb, contact_key_id text, sealed text,
         erase_after timestamptz)),
taken AS (
  INSERT INTO intake_key (account_id, key, body_sha256, matter_id, receipt)
  SELECT account_id, key, decode(body_sha256, 'hex'), m, receipt FROM given
      ON CONFLICT DO NOTHING
  RETURNING matter_id),
new AS MATERIALIZED (
  SELECT given.* FROM given JOIN taken ON taken.matter_id = given.m),
kept AS (
  INSERT INTO matter (id, no, query_code, text, channel, category, proposal, item, proposed_class,
         matter_class, urgency, state, queue, conduct, region_id, handler_id, member_post_id,
         building_id, filed_by, geom, accuracy_m, origin, raw_place, outer_no, observed_at,
         received_at, due_at)
  OVERRIDING SYSTEM VALUE
  SELECT m, no, query_code, text, channel, category, proposal, nullif(item, 'null'), proposed_class,
         matter_class, urgency, state, queue, conduct, region_id, handler_id, member_post_id,
         building_id, account_id, ST_SetSRID(ST_MakePoint(lon, lat), 4490), accuracy_m, origin,
         raw_place, outer_no, observed_at, received_at, due_at
    FROM new
  RETURNING id),
report AS (
  INSERT INTO matter_report (matter_id, account_id, channel, text, outer_no, observed_at, received_at)
  SELECT m, account_id, channel, text, outer_no, observed_at, received_at FROM new
  RETURNING id, matter_id),
sealed AS (
  INSERT INTO contact (report_id, key_id, sealed, erase_after)
  SELECT r.id, n.contact_key_id, convert_to(n.sealed, 'UTF8'), n.erase_after
    FROM report r JOIN new n ON n.m = r.matter_id WHERE n.contact_key_id IS NOT NULL),
place AS (
  INSERT INTO matter_place (matter_id, number, region_id, version_id, method, confident, edge_m,
         candidates, since)
  SELECT m, 1, place_region_id, version_id, method, confident, edge_m, candidates, received_at FROM new),
clocks AS (
  INSERT INTO clock (matter_id, kind, number, started_at, due_at, limit_amount, limit_unit, stopped_at,
         provisional)
  SELECT n.m, c.kind, c.number, c.started_at, c.due_at, c.limit_amount, c.limit_unit, c.stopped_at,
         c.provisional
    FROM new n JOIN jsonb_to_recordset(CAST(:clocks AS jsonb)) AS c(
         m bigint, kind text, number smallint, started_at timestamptz, due_at timestamptz,
         limit_amount integer, limit_unit text, stopped_at timestamptz, provisional boolean) USING (m)),
events AS (
  INSERT INTO matter_event (matter_id, seq, recorded_at, happened_at, actor_id, actor, action, state,
         detail)
  SELECT n.m, e.seq, n.received_at, e.happened_at, e.actor_id, e.actor, e.action, e.state, e.detail
    FROM new n JOIN jsonb_to_recordset(CAST(:events AS jsonb)) AS e(
         m bigint, seq integer, happened_at timestamptz, actor_id bigint, actor text[], action text,
         state text, detail jsonb) USING (m)),
told AS (
  INSERT INTO outbox (topic, matter_id, payload, recorded_at)
  SELECT o.topic, n.m, o.payload, n.received_at
    FROM new n JOIN jsonb_to_recordset(CAST(:outbox AS jsonb)) AS o(m bigint, topic text, payload jsonb)
         USING (m)),
tasks AS (
  INSERT INTO matter_task (matter_id, organisation_id, hop, given_at)
  SELECT n.m, t.organisation_id, 1, n.received_at
    FROM new n JOIN jsonb_to_recordset(CAST(:tasks AS jsonb)) AS t(m bigint, organisation_id bigint)
         USING (m))
SELECT id FROM kept
