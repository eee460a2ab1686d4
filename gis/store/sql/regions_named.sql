-- Every region of today with its parent and its name; grids and what is below them without names.
--   in   :valid_on :known_at    out  id, parent_id, name
SELECT v.region_id AS id, v.parent_id,
       CASE WHEN NOT l.overlay AND l.code NOT IN ('grid', 'micro_grid') THEN n.name END AS name
  FROM region_version v
  JOIN region r ON r.id = v.region_id
  JOIN level l ON l.id = r.level_id
  LEFT JOIN region_name n ON n.region_id = v.region_id AND n.lang = 'zh' AND n.kind = 'official'
        AND n.valid @> CAST(:valid_on AS date)
 WHERE CASE WHEN v.valid @> CAST(:valid_on AS date) THEN v.known @> CAST(:known_at AS timestamptz) END
 ORDER BY v.region_id
