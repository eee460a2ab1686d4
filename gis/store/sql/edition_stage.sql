-- The rows of one edition, laid out to be compared with what is in force.
--   out  table incoming, gone at the end of the transaction
CREATE TEMPORARY TABLE incoming (
    row integer PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    parent_code text COLLATE "C",
    shape_sha256 bytea,
    region_id bigint,
    parent_id bigint,
    path bigint[] NOT NULL DEFAULT '{}',
    until date,
    change text
) ON COMMIT DROP
