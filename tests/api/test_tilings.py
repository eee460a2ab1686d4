"""What a process may answer from its index, and when it has to leave places to the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from api import tilings
from api.tilings import Known, Tilings
from gis.model import AsOf
from gis.workflows.keep_tiling import keep_tiling
from tests.databases import Same
from tests.makers import NOW, keep
from tests.sketch import sketch

DAY, HOUR = timedelta(days=1), timedelta(hours=3)
TOMORROW = AsOf.at(NOW + DAY).valid_on


@pytest.fixture
def known(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Known | None]:
    """What may be answered from on a day, after one more look."""
    monkeypatch.setattr(tilings, "TRUSTED_S", 1e9)  # however slow the machine
    keep(connection, sketch("1 2 3"), edition="网格")
    keep_tiling(connection, tmp_path, NOW)
    looked = Tilings(tmp_path)

    def look(now=NOW, *, on=None) -> Known | None:
        looked.look(Same(connection), now)
        return looked.known(on or AsOf.at(now).valid_on)

    return look


def test_an_index_answers_on_the_days_it_speaks_for_only(connection, known, tmp_path):
    keep(connection, sketch("1 1 3"), edition="二", valid_from=TOMORROW)
    keep_tiling(connection, tmp_path, NOW)

    assert known() is not None
    assert known(on=TOMORROW) is None
    assert known(NOW + DAY) is None
    assert known(NOW - DAY) is None


def test_a_database_gone_back_to_a_backup_is_asked_itself(connection, known):
    assert known() is not None
    connection.execute(text("UPDATE boundary_state SET version = version - 1"))
    assert known() is None


def test_a_level_drawn_below_it_ends_an_index(connection, known):
    assert known() is not None
    connection.exec_driver_sql(
        "INSERT INTO level (code, name, rank, under_id)"
        " SELECT 'micro', '微网格', 99000, id FROM level WHERE code = 'grid'"
    )
    parents = {"a": "1", "b": "2"}
    keep(connection, sketch("a b", parents=parents), level="micro", edition="微", now=NOW + HOUR)
    assert known(NOW + HOUR) is None


def test_where_very_much_has_changed_the_database_is_asked(connection, known, monkeypatch):
    keep(connection, sketch("1 1 3"), edition="二", now=NOW + HOUR)
    found = known(NOW + HOUR)
    assert found is not None
    assert len(found.changed) == 3  # region 1 before and now, region 2
    monkeypatch.setattr(tilings, "MOST_BOXES", 2)
    keep(connection, sketch("1 1 3"), edition="三", now=NOW + 2 * HOUR)
    assert known(NOW + 2 * HOUR) is None


def test_boundaries_and_keys_are_looked_at_every_second_whatever_fails(monkeypatch):
    seen, twice = [], threading.Event()

    class Fails:
        def look(self, engine, now):
            seen.append("boundaries")
            if len(seen) == 1:
                raise OperationalError("away", None, Exception())
            return False

    class Keys:
        def ask_again(self, engine, now):
            seen.append("keys")
            twice.set()

    monkeypatch.setattr(tilings, "EVERY_S", 0.01)
    with tilings.watching(Fails(), Keys(), "postgresql+psycopg://nowhere"):
        assert twice.wait(30)
    assert seen[:3] == ["boundaries", "boundaries", "keys"]
