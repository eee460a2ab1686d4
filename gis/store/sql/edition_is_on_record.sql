-- Has somebody approved an edition, or accepted a fault of it?    in  :edition_id    out  one boolean
SELECT EXISTS (SELECT FROM edition_approval WHERE edition_id = :edition_id)
    OR EXISTS (SELECT FROM edition_fault WHERE edition_id = :edition_id)
    OR EXISTS (SELECT FROM edition WHERE undoes_id = :edition_id)
