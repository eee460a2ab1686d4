"""Editions over two times: what one changes, what it leaves, and that every old answer stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, text

from gis.errors import BadBoundaries, Conflict, NotFound
from gis.model import AsOf, FaultKind
from gis.store import edition_lock, editions, levels, regions
from gis.store.activation import activate
from gis.store.database import connect_engine
from gis.store.editions import Comparison, EditionScope, NewEdition
from gis.store.roles import APP
from tests.makers import LONG_AGO, NOW, TODAY, keep
from tests.sketch import sketch


def later(days: int) -> AsOf:
    return AsOf(TODAY.valid_on, NOW + timedelta(days=days))


def on(year: int, *, known_days: int = 100) -> AsOf:
    return AsOf(date(year, 6, 1), NOW + timedelta(days=known_days))


def a_town(connection: Connection) -> None:
    keep(connection, sketch("S S T"), level="subdistrict", edition="街道")
    keep(
        connection,
        sketch("C D E", parents={"C": "S", "D": "S", "E": "T"}, names={"D": "旧名"}),
        level="community",
        edition="社区",
    )
    keep(connection, sketch("G H .", parents={"G": "C", "H": "D"}), edition="网格")


def path_of(connection: Connection, level: str, code: str, as_of: AsOf) -> list[str | None]:
    return [a.code for a in regions.region_facts(connection, level, code, as_of).ancestors]


def test_an_edition_says_what_it_adds_moves_renames_and_ends(connection):
    keep(connection, sketch("A B C", names={"A": "甲"}))
    changes = keep(
        connection,
        sketch("A B B D", names={"A": "甲改"}),
        edition="second",
        valid_from=date(2024, 1, 1),
    )
    assert changes.added == ("D",)
    assert changes.moved == ("B",)
    assert changes.renamed == ("A",)
    assert changes.ended == ("C",)


def test_a_region_drawn_from_another_corner_is_unchanged(connection):
    rows = sketch("A B")
    keep(connection, rows)
    turned = [
        type(r)(
            r.row,
            r.code,
            r.name,
            r.parent_code,
            type(r.shape)([p.reverse() for p in r.shape.geoms]),
        )
        for r in rows
    ]
    again = keep(connection, turned, edition="again", valid_from=date(2025, 1, 1))

    assert again == Comparison(unchanged=2)


def test_each_day_is_answered_by_the_edition_of_that_day(connection):
    keep(connection, sketch("A A B"))
    keep(connection, sketch("A B B"), edition="second", valid_from=date(2024, 1, 1))
    before = regions.region_facts(connection, "grid", "A", on(2023))
    after = regions.region_facts(connection, "grid", "A", on(2024))
    assert before.edition == "first"
    assert before.valid_to == date(2024, 1, 1)
    assert after.edition == "second"
    assert after.area_m2 == pytest.approx(before.area_m2 / 2, rel=1e-3)


def test_what_was_known_earlier_can_still_be_asked(connection):
    keep(connection, sketch("A A B"))
    keep(
        connection,
        sketch("A B B"),
        edition="late news",
        valid_from=date(2021, 1, 1),
        now=NOW + timedelta(days=10),
    )
    assert regions.region_facts(connection, "grid", "A", later(5)).edition == "first"
    assert regions.region_facts(connection, "grid", "A", later(11)).edition == "late news"


def test_a_late_edition_ends_where_the_next_one_begins(connection):
    a_town(connection)
    keep(
        connection,
        sketch("C D E", parents={"C": "S", "D": "T", "E": "T"}),
        level="community",
        edition="2024",
        valid_from=date(2024, 1, 1),
        now=NOW + timedelta(days=1),
    )
    keep(
        connection,
        sketch("C D E", parents={"C": "S", "D": "S", "E": "S"}),
        level="community",
        edition="2022, late",
        valid_from=date(2022, 1, 1),
        now=NOW + timedelta(days=2),
    )
    assert path_of(connection, "community", "E", on(2021)) == ["T"]
    assert path_of(connection, "community", "E", on(2023)) == ["S"]
    assert path_of(connection, "community", "E", on(2025)) == ["T"]


def test_a_grid_follows_its_community_to_another_subdistrict_without_an_edition_of_its_own(
    connection,
):
    a_town(connection)
    keep(
        connection,
        sketch("C D E", parents={"C": "S", "D": "T", "E": "T"}),
        level="community",
        edition="2024",
        valid_from=date(2024, 1, 1),
        now=NOW + timedelta(days=1),
    )
    assert path_of(connection, "grid", "H", on(2023)) == ["S", "D"]
    assert path_of(connection, "grid", "H", on(2024)) == ["T", "D"]
    assert path_of(connection, "grid", "H", AsOf(date(2024, 6, 1), NOW)) == ["S", "D"]
    home = connection.execute(
        text(
            "SELECT home_path FROM region r JOIN region_code c ON c.region_id = r.id"
            " WHERE c.code = 'H'"
        )
    ).scalar_one()
    assert [a.code for a in regions.ancestors(connection, home, TODAY)] == ["T", "D", "H"]


def test_a_parent_that_ends_before_its_children_is_refused_and_nothing_is_written(connection):
    a_town(connection)
    before = edition_lock.boundary_version(connection)
    with pytest.raises(BadBoundaries) as refused, connection.begin_nested():
        keep(
            connection,
            sketch("C . E", parents={"C": "S", "E": "T"}),
            level="community",
            edition="without D",
            valid_from=date(2025, 1, 1),
        )
    assert [(f.kind, f.codes) for f in refused.value.faults] == [
        (FaultKind.LEFT_WITHOUT_PARENT, ("H", "D"))
    ]
    assert edition_lock.boundary_version(connection) == before
    assert regions.region_facts(connection, "community", "D", TODAY).valid_to is None


def test_an_edition_of_one_root_leaves_the_rest_alone(connection):
    a_town(connection)
    root = regions.region_id_of(connection, "subdistrict", "S", TODAY)
    staged = sketch("C D .", parents={"C": "S", "D": "S"}, names={"D": "新名"})
    changes = keep(
        connection,
        staged,
        level="community",
        edition="only S",
        valid_from=date(2023, 1, 1),
        root_id=root,
    )
    assert changes.ended == ()
    assert changes.renamed == ("D",)
    assert regions.region_facts(connection, "community", "E", TODAY).valid_to is None


def test_a_code_list_keeps_the_shapes_and_parents_it_does_not_state(connection):
    a_town(connection)
    plain = [type(r)(r.row, r.code, "新" + r.code, None, None) for r in sketch("C D E")]
    changes = keep(
        connection, plain, level="community", edition="names", valid_from=date(2025, 1, 1)
    )
    assert changes.renamed == ("C", "D", "E")
    facts = regions.region_facts(connection, "community", "D", TODAY)
    assert facts.name == "新D"
    assert facts.edition == "names"
    assert facts.area_m2 is not None
    assert [a.code for a in facts.ancestors] == ["S"]
    assert regions.region_facts(connection, "community", "D", on(2024)).name == "旧名"


def test_a_code_issued_again_is_another_region(connection):
    keep(connection, sketch("A B"))
    first = regions.region_id_of(connection, "grid", "A", TODAY)
    keep(connection, sketch(". B"), edition="ends A", valid_from=date(2022, 1, 1))
    keep(connection, sketch("A B"), edition="A again", valid_from=date(2024, 1, 1))
    assert regions.region_id_of(connection, "grid", "A", on(2021)) == first
    assert regions.region_id_of(connection, "grid", "A", TODAY) != first
    with pytest.raises(NotFound):
        regions.region_id_of(connection, "grid", "A", on(2023))


def test_two_editions_of_one_name_are_refused(connection):
    keep(connection, sketch("A"))
    with pytest.raises(Conflict):
        keep(connection, sketch("A"), valid_from=date(2025, 1, 1))


def test_every_activation_raises_the_boundary_version(connection):
    before = edition_lock.boundary_version(connection)
    keep(connection, sketch("A B"))
    keep(connection, sketch("A B"), edition="second", valid_from=date(2024, 1, 1))
    assert edition_lock.boundary_version(connection) == before + 2


def test_the_service_role_cannot_change_a_shape(connection):
    keep(connection, sketch("A"))
    with pytest.raises(Exception, match="permission denied"), connection.begin_nested():
        connection.execute(text("UPDATE shape SET sha256 = 'x'"))


def test_of_two_activations_at_once_the_second_sees_what_the_first_wrote(cluster, own_database):
    engine = connect_engine(cluster.url(APP, own_database), pool_size=2)
    drafts = (("first", sketch("A B")), ("second", sketch("A B C")))
    with engine.begin() as connection:
        scope = EditionScope(levels.level_of(connection, "grid").id, None, LONG_AGO)
        for name, rows in drafts:
            editions.keep_draft(connection, NewEdition(name, scope, "a test", "0", ""), rows)
    with engine.connect() as one, engine.connect() as other:
        one.begin()
        activate(one, "first", NOW)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(_activate, other, "second", NOW + timedelta(seconds=1))
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            one.commit()
            changes = waiting.result(timeout=30)
    engine.dispose()
    assert changes == Comparison(added=("C",), unchanged=2)


def _activate(connection, name, now):
    with connection.begin():
        return activate(connection, name, now)
