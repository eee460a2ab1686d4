-- Numbers that no other matter ever gets.    in  :count    out  id
SELECT nextval(pg_get_serial_sequence('matter', 'id')) AS id FROM generate_series(1, CAST(:count AS integer))
