-- Close, as of :now, the versions that stand in remnant.
UPDATE region_version v
   SET known = tstzrange(lower(v.known), CAST(:now AS timestamptz))
 WHERE v.id IN (SELECT version_id FROM remnant) AND lower(v.known) < CAST(:now AS timestamptz)
