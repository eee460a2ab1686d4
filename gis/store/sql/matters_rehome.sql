-- Move matters to other regions: row, place, log and outbox of each, nothing else of it.
--   in   :now :day    table rehomed (matter_id, region_id, method, confident, edge_m, post_id,
--        handler_id, detail)
--   out  how many
WITH changed AS (
    UPDATE matter m
       SET region_id = r.region_id, version = m.version + 1, handler_id = r.handler_id,
           member_post_id = r.post_id
      FROM rehomed r, matter was
     WHERE m.id = r.matter_id AND was.id = m.id
    RETURNING m.id, m.no, m.version, m.state, m.queue, m.conduct, m.region_id, m.member_post_id,
              was.member_post_id AS former_post_id
), placed AS (
    INSERT INTO matter_place (matter_id, number, region_id, version_id, method, confident, edge_m,
           candidates, since)
    SELECT r.matter_id,
           1 + (SELECT max(p.number) FROM matter_place p WHERE p.matter_id = r.matter_id),
           r.region_id, v.id, r.method, r.confident, r.edge_m, CAST('[]' AS jsonb), CAST(:now AS timestamptz)
      FROM rehomed r
      LEFT JOIN region_version v ON v.region_id = r.region_id
           AND CASE WHEN v.valid @> CAST(:day AS date) THEN upper_inf(v.known) END
), logged AS (
    INSERT INTO matter_event (matter_id, seq, recorded_at, happened_at, actor, action, state, detail)
    SELECT c.id, 1 + (SELECT max(e.seq) FROM matter_event e WHERE e.matter_id = c.id),
           CAST(:now AS timestamptz), CAST(:now AS timestamptz), CAST('{system}' AS text[]), 'rehomed', c.state, r.detail
      FROM changed c JOIN rehomed r ON r.matter_id = c.id
    RETURNING matter_id, seq
), told AS (
    INSERT INTO outbox (topic, matter_id, payload, recorded_at)
    SELECT 'matter.rehomed', c.id, jsonb_build_object(
               'no', c.no, 'step', 'rehomed', 'version', c.version, 'seq', l.seq, 'state', c.state,
               'queue', c.queue, 'post_id', c.member_post_id, 'former_post_id', c.former_post_id,
               'region_id', c.region_id), CAST(:now AS timestamptz)
      FROM changed c JOIN logged l ON l.matter_id = c.id
     WHERE NOT c.conduct
)
SELECT count(*) FROM changed
