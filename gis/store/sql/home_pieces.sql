-- What is known of moved objects from now on: where they were until their day, where they are since.
--   in   tables home_moved, home_past, home_stated
--   out  table home_piece, by batch, gone at the end of the transaction
CREATE TEMPORARY TABLE home_piece ON COMMIT DROP AS
SELECT m.batch, piece.object_id, piece.region_id, piece.valid
  FROM (SELECT p.object_id, p.region_id, p.valid FROM home_past p
         UNION ALL
        SELECT s.object_id, s.region_id, s.valid FROM home_stated s WHERE s.region_id IS NOT NULL) AS piece
  JOIN home_moved m ON m.object_id = piece.object_id
 ORDER BY m.batch, piece.object_id, piece.valid
