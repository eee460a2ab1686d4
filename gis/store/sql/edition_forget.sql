-- What nobody has put a name to goes with a dropped draft: its changes and open faults.
--   in   :edition_id
WITH changes AS (DELETE FROM edition_change WHERE edition_id = :edition_id)
DELETE FROM edition_fault WHERE edition_id = :edition_id AND accepted_at IS NULL
