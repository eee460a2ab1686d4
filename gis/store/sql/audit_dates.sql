-- Regions of a level under a root with days on which they lack their parent or their code, as known now.
--   in   :level_id :root_id    out  code (the last one), missing: parent or code, days (text)
WITH known AS (
    SELECT v.region_id, v.parent_id, v.valid
      FROM region_version v JOIN region r ON r.id = v.region_id AND r.level_id = :level_id
     WHERE upper_inf(v.known)
       AND (CAST(:root_id AS bigint) IS NULL OR CAST(:root_id AS bigint) = ANY (v.path))
), parent_days AS (
    SELECT p.region_id, range_agg(p.valid) AS days FROM region_version p
     WHERE upper_inf(p.known) AND p.region_id IN (SELECT parent_id FROM known) GROUP BY 1
), code_days AS (
    SELECT c.region_id, range_agg(c.valid) AS days FROM region_code c
     WHERE c.scheme = 'main' AND c.region_id IN (SELECT region_id FROM known) GROUP BY 1
), missing AS (
    SELECT k.region_id, 'parent' AS missing, datemultirange(k.valid) - coalesce(p.days, '{}') AS days
      FROM known k LEFT JOIN parent_days p ON p.region_id = k.parent_id WHERE k.parent_id IS NOT NULL
     UNION ALL
    SELECT k.region_id, 'code', datemultirange(k.valid) - coalesce(c.days, '{}')
      FROM known k LEFT JOIN code_days c ON c.region_id = k.region_id
)
SELECT (SELECT c.code FROM region_code c WHERE c.region_id = m.region_id AND c.scheme = 'main'
         ORDER BY upper(c.valid) DESC NULLS FIRST LIMIT 1) AS code, m.missing, CAST(m.days AS text) AS days
  FROM missing m WHERE NOT isempty(m.days)
 ORDER BY 1, 2
