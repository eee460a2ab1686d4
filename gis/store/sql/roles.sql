-- The database of Wangge: four roles, the database, its extensions, who may do what.
--
-- For psql, as a superuser (on a managed server: as its administrator). Running it again is safe.
-- The embedded cluster runs this very script.
--
--   psql -X -v owner_password=… -v app_password=… -v worker_password=… -v public_password=… \
--        -f wangge.sql "postgresql://administrator@server/postgres"
--
--   in   database          name of the database; default wangge
--        *_password        set where roles sign in by password; left out, passwords stay as they are
--   out  wangge_owner      owns the database and its tables, and migrates them
--        wangge_app        the service: reads and writes rows, owns nothing
--        wangge_worker     the background jobs: the same, with more time for a statement
--        wangge_public     the pages without sign-in: nothing but what migrations grant it
--
-- Afterwards:  WANGGE_DATABASE_URL=postgresql://wangge_app:…@server/wangge
--              WANGGE_MIGRATE_URL=postgresql://wangge_owner:…@server/wangge

\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
\if :{?database}
\else
  \set database wangge
\endif

DO $$
DECLARE
  offered text := (SELECT default_version FROM pg_available_extensions WHERE name = 'postgis');
BEGIN
  IF current_setting('server_version_num')::int < 140000 THEN
    RAISE EXCEPTION 'Wangge needs PostgreSQL 14 or newer; this is %', current_setting('server_version');
  ELSIF offered IS NULL THEN
    RAISE EXCEPTION 'PostGIS is not installed on this server; Wangge needs 3.3 or newer';
  ELSIF (regexp_match(offered, '^(\d+)\.(\d+)'))[1]::int * 100
      + (regexp_match(offered, '^(\d+)\.(\d+)'))[2]::int < 303 THEN
    RAISE EXCEPTION 'Wangge needs PostGIS 3.3 or newer; this server has %', offered;
  END IF;
END $$;

-- Roles: by default a new role is no superuser and can make neither roles nor databases.
SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['wangge_owner', 'wangge_app', 'wangge_worker', 'wangge_public']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('GRANT wangge_owner TO %I', current_user)
 WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec

\if :{?owner_password}
  ALTER ROLE wangge_owner PASSWORD :'owner_password';
\endif
\if :{?app_password}
  ALTER ROLE wangge_app PASSWORD :'app_password';
\endif
\if :{?worker_password}
  ALTER ROLE wangge_worker PASSWORD :'worker_password';
\endif
\if :{?public_password}
  ALTER ROLE wangge_public PASSWORD :'public_password';
\endif

-- A hanging request must not hold a connection or a lock; long jobs set their own limit.
ALTER ROLE wangge_app SET statement_timeout = '30s';
ALTER ROLE wangge_app SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE wangge_worker SET idle_in_transaction_session_timeout = '10min';
ALTER ROLE wangge_public SET statement_timeout = '5s';
ALTER ROLE wangge_public SET idle_in_transaction_session_timeout = '10s';

-- The locale says C.UTF-8: under C, pg_trgm would find nothing in Chinese.
SELECT format('CREATE DATABASE %I OWNER wangge_owner TEMPLATE template0 ENCODING ''UTF8'' '
              'LC_COLLATE ''C.UTF-8'' LC_CTYPE ''C.UTF-8''', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO wangge_app, wangge_worker;
GRANT CONNECT ON DATABASE :"database" TO wangge_public;

\connect :"database"
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

ALTER SCHEMA public OWNER TO wangge_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO wangge_app, wangge_worker, wangge_public;

-- What the owner makes from now on. Public gets nothing: its migrations grant view by view.
ALTER DEFAULT PRIVILEGES FOR ROLE wangge_owner
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wangge_app, wangge_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE wangge_owner
  GRANT USAGE ON SEQUENCES TO wangge_app, wangge_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE wangge_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE wangge_owner
  GRANT EXECUTE ON FUNCTIONS TO wangge_app, wangge_worker;
