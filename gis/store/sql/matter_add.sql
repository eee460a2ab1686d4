-- Keep a new matter and all that comes with it, once for each key of an account: in one statement,
-- so that the second of two with the same key writes nothing at all.
--   in   :account_id :key :body_sha256 :day  Asia/Shanghai, YYYYMMDD
--        :receipt :matter :clocks :events :outbox :task  JSON    :contact_key_id :sealed :erase_after
--   out  id, no, report_id; no row when the key was taken
WITH taken AS (
  INSERT INTO intake_key (account_id, key, body_sha256, matter_id, receipt)
  SELECT :account_id, CAST(:key AS text), :body_sha256,
         nextval(pg_get_serial_sequence('matter', 'id')), CAST(:receipt AS jsonb)
      ON CONFLICT DO NOTHING
  RETURNING matter_id),
given AS (
  SELECT taken.matter_id, g.*
    FROM taken, jsonb_to_record(CAST(:matter AS jsonb)) AS g(
         query_code text, text text, channel text, category text, proposal jsonb, item jsonb,
         proposed_class text, matter_class text, urgency text, state text, queue text,
         conduct boolean, region_id bigint, handler_id bigint, member_post_id bigint,
         building_id bigint, lon float8, lat float8, accuracy_m float8, origin text,
         raw_place jsonb, outer_no text, observed_at timestamptz, received_at timestamptz,
         due_at timestamptz, place_region_id bigint, version_id bigint, method text,
         confident boolean, edge_m float8, candidates jsonb)),
kept AS (
  INSERT INTO matter (id, no, query_code, text, channel, category, proposal, item, proposed_class,
         matter_class, urgency, state, queue, conduct, region_id, handler_id, member_post_id,
         building_id, filed_by, geom, accuracy_m, origin, raw_place, outer_no, observed_at,
         received_at, due_at)
  OVERRIDING SYSTEM VALUE
  SELECT matter_id,
         CAST(:day AS text) || '-' || lpad(CAST(matter_id AS text), greatest(6, length(CAST(matter_id AS text))), '0'),
         query_code, text, channel, category, proposal, nullif(item, 'null'), proposed_class,
         matter_class, urgency, state, queue, conduct, region_id, handler_id, member_post_id,
         building_id, :account_id, ST_SetSRID(ST_MakePoint(lon, lat), 4490), accuracy_m, origin,
         raw_place, outer_no, observed_at, received_at, due_at
    FROM given
  RETURNING id, no),
report AS (
  INSERT INTO matter_report (matter_id, account_id, channel, text, outer_no, observed_at, received_at)
  SELECT matter_id, :account_id, channel, text, outer_no, observed_at, received_at FROM given
  RETURNING id),
sealed AS (
  INSERT INTO contact (report_id, key_id, sealed, erase_after)
  SELECT id, CAST(:contact_key_id AS text), CAST(:sealed AS bytea), CAST(:erase_after AS timestamptz)
    FROM report WHERE CAST(:contact_key_id AS text) IS NOT NULL),
place AS (
  INSERT INTO matter_place (matter_id, number, region_id, version_id, method, confident, edge_m,
         candidates, since)
  SELECT matter_id, 1, place_region_id, version_id, method, confident, edge_m, candidates, received_at
    FROM given),
clocks AS (
  INSERT INTO clock (matter_id, kind, number, started_at, due_at, limit_amount, limit_unit, stopped_at,
         provisional)
  SELECT matter_id, c.kind, c.number, c.started_at, c.due_at, c.limit_amount, c.limit_unit,
         c.stopped_at, c.provisional
    FROM taken, jsonb_to_recordset(CAST(:clocks AS jsonb)) AS c(
         kind text, number smallint, started_at timestamptz, due_at timestamptz,
         limit_amount integer, limit_unit text, stopped_at timestamptz, provisional boolean)),
events AS (
  INSERT INTO matter_event (matter_id, seq, recorded_at, happened_at, actor_id, actor, action, state,
         detail)
  SELECT g.matter_id, e.seq, g.received_at, e.happened_at, e.actor_id, e.actor, e.action, e.state,
         e.detail
    FROM given g, jsonb_to_recordset(CAST(:events AS jsonb)) AS e(
         seq integer, happened_at timestamptz, actor_id bigint, actor text[], action text,
         state text, detail jsonb)),
told AS (
  INSERT INTO outbox (topic, matter_id, payload, recorded_at)
  SELECT o.topic, g.matter_id, o.payload, g.received_at
    FROM given g, jsonb_to_recordset(CAST(:outbox AS jsonb)) AS o(topic text, payload jsonb)),
tasks AS (
  INSERT INTO matter_task (matter_id, organisation_id, hop, given_at)
  SELECT g.matter_id, t.organisation_id, 1, g.received_at
    FROM given g, jsonb_to_recordset(CAST(:task AS jsonb)) AS t(organisation_id bigint))
SELECT kept.id, kept.no, report.id AS report_id FROM kept, report
