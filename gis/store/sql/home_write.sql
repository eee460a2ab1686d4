-- What is known of moved objects from now on: where they were until the day, where they are since.
--   in   :kind :day :now    tables home_moved, home_past
INSERT INTO place_home (kind, object_id, region_id, valid, known)
SELECT CAST(:kind AS text), object_id, region_id, valid, tstzrange(:now, NULL) FROM home_past
 UNION ALL
SELECT CAST(:kind AS text), object_id, region_id, daterange(CAST(:day AS date), NULL),
       tstzrange(:now, NULL)
  FROM home_moved WHERE region_id IS NOT NULL
