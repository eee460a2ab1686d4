-- What is left of the closed versions, known from :now on.
INSERT INTO region_version (region_id, shape_id, parent_id, path, valid, known, edition_id)
SELECT region_id, shape_id, parent_id, path, valid, tstzrange(CAST(:now AS timestamptz), NULL), edition_id
  FROM remnant WHERE valid IS NOT NULL
