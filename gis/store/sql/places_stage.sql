-- Places to be located together: degrees in EPSG:4490, metres, metres per degree.
--   out  table place, gone at the end of the transaction
CREATE TEMPORARY TABLE place (
    n integer PRIMARY KEY,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    radius_m double precision NOT NULL,
    kx double precision NOT NULL,
    ky double precision NOT NULL,
    geom geometry(Point, 4490)
         GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon, lat), 4490)) STORED
) ON COMMIT DROP
