-- The edition's own versions, for every row that changes anything, a name included: it is the
-- edition to ask why.
--   in   :edition_id :valid_from :now    table incoming
INSERT INTO region_version (region_id, shape_id, parent_id, path, valid, known, edition_id)
SELECT i.region_id, s.id, i.parent_id, i.path, daterange(CAST(:valid_from AS date), i.until),
       tstzrange(CAST(:now AS timestamptz), NULL), :edition_id
  FROM incoming i
  LEFT JOIN shape s ON s.sha256 = i.shape_sha256
 WHERE i.change IS NOT NULL
