-- The owners found so far, one row a place and ladder of levels.
--   out  table placed, gone at the end of the transaction
CREATE TEMPORARY TABLE placed (
    n integer,
    ladder integer,
    rank integer NOT NULL,
    version_id bigint NOT NULL,
    region_id bigint NOT NULL,
    path bigint[] NOT NULL,
    method text NOT NULL,
    PRIMARY KEY (n, ladder)
) ON COMMIT DROP
