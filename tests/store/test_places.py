"""Places and people in the database: who may touch the tables."""

from __future__ import annotations

from sqlalchemy import Connection, text

TABLES = ("building", "compound", "facility", "member", "organisation", "place_home", "post")


def test_the_service_reads_and_writes_these_tables_and_the_public_role_does_neither(
    connection: Connection,
):
    granted = connection.execute(
        text(
            "SELECT role, name, privilege"
            "  FROM unnest(CAST(:tables AS text[])) AS name,"
            "       unnest(ARRAY['wangge_app', 'wangge_worker', 'wangge_public']) AS role,"
            "       unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege"
            " WHERE has_table_privilege(role, name, privilege)"
        ),
        {"tables": list(TABLES)},
    )
    found = {tuple(row) for row in granted}

    assert {role for role, _, _ in found} == {"wangge_app", "wangge_worker"}
    assert len(found) == 2 * len(TABLES) * 4


def test_the_service_owns_none_of_these_tables(connection: Connection):
    owners = connection.execute(
        text("SELECT DISTINCT tableowner FROM pg_tables WHERE tablename = ANY (:tables)"),
        {"tables": list(TABLES)},
    ).scalars()

    assert list(owners) == ["wangge_owner"]
