-- The organisation that a person last gave a category to, at the lowest region of a path that has one.
--   in   :category :path    out  organisation_id; at most one row    uses precedent_unit_ix
SELECT p.organisation_id FROM precedent p
 WHERE p.kind = 'unit' AND p.category = :category AND p.region_id = ANY (CAST(:path AS bigint[]))
 ORDER BY array_position(CAST(:path AS bigint[]), p.region_id) DESC, p.decided_at DESC, p.id DESC
 LIMIT 1
