-- Write what is known of moved objects from now on, one batch of them.
--   in   :kind :now :batch    table home_piece
INSERT INTO place_home (kind, object_id, region_id, valid, known)
SELECT CAST(:kind AS text), object_id, region_id, valid, tstzrange(:now, NULL)
  FROM home_piece
 WHERE batch = :batch
 ORDER BY object_id, valid
