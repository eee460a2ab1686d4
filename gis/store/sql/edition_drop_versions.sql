-- Versions of this very instant were never known to anybody: they go.
DELETE FROM region_version v
 WHERE v.id IN (SELECT version_id FROM remnant) AND lower(v.known) >= CAST(:now AS timestamptz)
