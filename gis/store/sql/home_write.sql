-- What is known of moved objects from now on: where they were until their day, where they are since.
--   in   :kind :now :batch    tables home_moved, home_past, home_stated
INSERT INTO place_home (kind, object_id, region_id, valid, known)
SELECT CAST(:kind AS text), object_id, region_id, valid, tstzrange(:now, NULL)
  FROM (SELECT p.object_id, p.region_id, p.valid
          FROM home_past p JOIN home_moved m ON m.object_id = p.object_id AND m.batch = :batch
         UNION ALL
        SELECT s.object_id, s.region_id, s.valid
          FROM home_stated s JOIN home_moved m ON m.object_id = s.object_id AND m.batch = :batch
         WHERE s.region_id IS NOT NULL) AS piece
 ORDER BY object_id
