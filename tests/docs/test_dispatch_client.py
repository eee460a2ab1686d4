"""The example client goes the whole way against the real service."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from gis.accounts import Grant, Role
from gis.store import accounts, grants
from gis.store.cluster import Cluster
from gis.store.cluster_conf import SUPERUSER
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from gis.workflows import keys
from tests import riverside
from tests.real_service import serving

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "dispatch_client.py"


def test_the_example_dispatches_and_acknowledges_a_matter(
    cluster: Cluster, own_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    url = cluster.url(APP, own_database)
    engine = connect_engine(url, pool_size=1)
    with engine.begin() as connection:
        ids = riverside.settle(connection)
        riverside.staff(connection, ids)
        made = {}
        now = datetime.now(UTC)
        for login, role in (("desk", Role.DISPATCHER), ("sanitation", Role.HANDLING_UNIT)):
            account_id = accounts.add_account(
                connection, login, login, None, password_expires_at=None, now=now
            )
            grants.add_grant(connection, account_id, Grant(role), since=now, until=None)
            made[login] = keys.add_key(connection, login, "test", 300, now).key
        post_id = riverside.add_post(
            connection, "hw-1", "王师傅", ids[riverside.G001], account_id=account_id
        )
        connection.execute(
            text(
                "UPDATE post SET region_id = NULL, organisation_id ="
                " (SELECT id FROM organisation WHERE code = 'HW') WHERE id = :id"
            ),
            {"id": post_id},
        )
    engine.dispose()
    main = runpy.run_path(str(EXAMPLE))["main"]
    with serving(url, cluster.url(OWNER, own_database), tmp_path, jobs=False) as service:
        address = f"http://127.0.0.1:{service.port}"
        no = main(address, made["desk"], made["sanitation"], "106.5630", "29.561")

    with psycopg.connect(cluster.url(SUPERUSER, own_database)) as superuser:
        row = superuser.execute("SELECT state FROM matter WHERE no = %s", (no,)).fetchone()
    assert row == ("acknowledged",)
    assert f"open here: ['{no}']" in capsys.readouterr().out


def test_it_needs_nothing_but_the_standard_library_and_stays_short():
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith("import ")}

    assert imported == {"json", "sys", "time", "urllib", "uuid"}
    assert sum(bool(line.strip()) for line in lines) <= 62
