"""An edition is activated: what becomes of the open matters and the posts in what it touched."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, select, text

from gis.accounts import Grant, Role
from gis.errors import Conflict
from gis.governance.steps import Step
from gis.intake import CodeGiven, Origin, PointGiven, Thing
from gis.store.edition_life import facts_of
from gis.store.rehoming import stranded_posts
from gis.store.tables.matters import clock, matter, matter_event, matter_place, outbox
from gis.workflows.change_editions import activate_edition, undo_edition
from maps.words import say
from tests.makers import LONG_AGO, NOW, keep
from tests.matter_town import Town
from tests.sketch import sketch
from tests.store.test_rehoming import DAY, PARENTS, changed, houses, in_halves, spot


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> Town:
    return Town(ground)


@pytest.fixture
def town(built: Town, connection: Connection) -> Town:
    assert built.connection is connection  # what a test writes is taken back by it
    made = copy(built)  # its clock and its people go on with what a test does
    made.now, made.people = NOW, dict(built.people)
    return made


def at_point(right: float, radius_m: float = 5.0) -> PointGiven:
    place = spot(right)
    return PointGiven(place.lon, place.lat, "cgcs2000", Origin.PICK, radius_m)


def holder(town: Town, no: str) -> tuple[str, str, int]:
    """The code of the region that holds a matter, its member, its version."""
    found = town.connection.execute(
        text(
            "SELECT (SELECT code FROM region_code c WHERE c.region_id = m.region_id"
            " ORDER BY lower(valid) DESC LIMIT 1), p.code, m.version FROM matter m"
            " LEFT JOIN post ON post.id = m.member_post_id"
            " LEFT JOIN member p ON p.id = post.member_id WHERE m.no = :no"
        ),
        {"no": no},
    ).one()
    return tuple(found)


def clocks(town: Town, no: str) -> list[tuple]:
    asked = select(clock).join(matter, matter.c.id == clock.c.matter_id).where(matter.c.no == no)
    return [tuple(row) for row in town.connection.execute(asked)]


def test_an_open_matter_goes_to_the_grid_its_place_is_in_and_keeps_where_it_was_reported(town):
    no = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    other = town.arrives("暴露垃圾", "E0102", place=at_point(0.5))
    before = clocks(town, no)
    assert holder(town, no) == ("B", "li", 1)
    done = changed(town.connection, "A C C")

    assert done.rehomed.matters == 1
    assert holder(town, no) == ("C", "chen", 2)
    assert holder(town, other) == ("A", "zhang", 1)
    assert clocks(town, no) == before
    town.now = NOW + 2 * DAY
    row, story, _ = town.sees("desk", no)
    assert row.grid.code == "C"
    assert [(one.number, one.region_id, one.method) for one in story.places] == [
        (1, town.regions["B"], "covers"),
        (2, town.regions["C"], "edition_place"),
    ]
    last = story.events[-1]
    assert (last.action, last.actor, last.detail["from"], last.detail["to"]) == (
        "rehomed",
        ("system",),
        "B",
        "C",
    )
    told = town.connection.execute(
        select(outbox.c.payload).where(outbox.c.topic == "matter.rehomed")
    ).scalar_one()
    posts = dict(town.connection.execute(text("SELECT region_id, id FROM post")).all())
    assert told["post_id"] == posts[town.regions["C"]]
    assert told["former_post_id"] == posts[town.regions["B"]]
    assert (told["version"], told["seq"]) == (2, last.seq)


def test_whoever_has_the_old_version_is_told_on_the_next_step(town):
    no = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    changed(town.connection, "A C C")
    with pytest.raises(Conflict):
        town.takes("desk", no, Step.DISPATCH, now=NOW + 2 * DAY, version=1, handler="city")
    town.takes("desk", no, Step.DISPATCH, now=NOW + 2 * DAY, handler="city")


def test_what_was_reported_by_name_or_given_by_the_desk_stays_while_that_grid_stands(town):
    named = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.GRID, "B", by_qr=True))
    given = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    town.takes("desk", given, Step.CLASSIFY, now=NOW + DAY / 2, list_item="E0102", grid="A")
    done = changed(town.connection, "A A B")

    assert done.rehomed.matters == 0
    assert (holder(town, named)[0], holder(town, given)[0]) == ("B", "A")


def test_where_a_grid_is_split_a_place_decides_and_without_one_the_community_has_to_look(town):
    placed = town.arrives("暴露垃圾", "E0102", place=at_point(1.8))
    named = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.GRID, "B", by_qr=True))
    rows = sketch("A . C", parents=PARENTS) + in_halves(1, "D", "E")
    done = keep(town.connection, rows, edition="split", valid_from=LONG_AGO, now=NOW + DAY)

    assert done.rehomed.matters == 2
    assert holder(town, placed)[:2] == ("E", None)
    assert holder(town, named)[:2] == ("K", None)
    events = select(matter_event.c.detail["why"].astext).where(matter_event.c.action == "rehomed")
    assert sorted(town.connection.execute(events).scalars()) == ["above", "place"]


def test_a_matter_follows_a_grid_that_was_merged_though_nobody_knows_its_place(town):
    no = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.GRID, "B", by_qr=True))
    changed(town.connection, "A A C")
    assert holder(town, no) == ("A", "zhang", 2)


def test_a_matter_at_a_building_follows_the_building(town):
    houses(town.connection, b1=spot(1.5))
    no = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.BUILDING, "b1", by_qr=True))
    changed(town.connection, "A C C")
    assert holder(town, no)[0] == "C"


def test_of_what_lies_in_the_future_no_matter_moves_today(town):
    no = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    done = changed(town.connection, "A C C", valid_from=date(2027, 1, 1))
    assert done.rehomed.matters == 0
    assert holder(town, no)[0] == "B"


def test_an_ended_matter_stays_and_of_a_complaint_about_people_nobody_is_told(town):
    ended = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    hidden = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    rows = town.connection
    rows.execute(matter.update().where(matter.c.no == ended).values(closed_at=NOW))
    rows.execute(matter.update().where(matter.c.no == hidden).values(conduct=True))
    before = rows.scalar(text("SELECT count(*) FROM outbox"))
    changed(rows, "A C C")
    assert holder(town, ended)[0] == "B"
    assert holder(town, hidden)[0] == "C"
    assert rows.scalar(text("SELECT count(*) FROM outbox")) == before


def undo(connection: Connection, edition: str, now) -> int:
    """Put an edition in force that undoes another from the same day on; how many matters moved."""
    made = undo_edition(
        connection, facts_of(connection, name=edition), "undo", valid_from=LONG_AGO, now=now
    )
    return activate_edition(connection, facts_of(connection, edition_id=made), now).rehomed.matters


def test_an_undone_edition_gives_back_what_it_moved_and_nobody_decided_since(town):
    named = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.GRID, "B", by_qr=True))
    desk = town.arrives("暴露垃圾", "E0102", place=at_point(2.5))
    town.takes("desk", desk, Step.CLASSIFY, now=NOW + DAY / 2, list_item="E0102", grid="B")
    since = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.GRID, "B", by_qr=True))
    rows = sketch("A . C", parents=PARENTS) + in_halves(1, "D", "E")
    keep(town.connection, rows, edition="split", valid_from=LONG_AGO, now=NOW + DAY)
    assert {holder(town, no)[0] for no in (named, desk, since)} == {"K"}
    town.people["centre"] = replace(
        town.people["desk"], grants=(Grant(Role.DISPATCHER, town.regions["K"]),)
    )
    town.takes("centre", since, Step.CLASSIFY, now=NOW + 1.5 * DAY, list_item="E0102", grid="D")
    fresh = town.arrives("暴露垃圾", "E0102", place=CodeGiven(Thing.GRID, "A", by_qr=True))

    assert undo(town.connection, "split", NOW + 2 * DAY) == 3
    assert [holder(town, no)[0] for no in (named, desk, fresh)] == ["B", "B", "A"]
    assert holder(town, since)[0] == "B", "the heir: what D was is all in B"
    town.now = NOW + 3 * DAY
    _, story, _ = town.sees("desk", desk)
    assert [one.method for one in story.places] == ["covers", "desk", "edition_above", "desk"]
    (told,) = story.events[-1].detail["reasons"]
    assert say("zh-CN", told["key"], **told["values"]) == "《undo》生效：此前的版本被撤回，由K退回B"


# ---- posts --------------------------------------------------------------------------------------


def test_posts_of_an_ended_grid_are_named_and_left_where_they_are(town):
    posts = text("SELECT id, region_id, valid FROM post ORDER BY id")
    before = town.connection.execute(posts).all()
    done = changed(town.connection, "A A C")

    named = [(one.member_code, one.region) for one in done.rehomed.stranded]
    assert named == [("li", "B")]
    assert [one.member_code for one in stranded_posts(town.connection, NOW + DAY)] == ["li"]
    assert town.connection.execute(posts).all() == before


def test_number_one_of_a_matters_places_is_never_written_again(town):
    no = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
    first = select(matter_place).where(matter_place.c.number == 1)
    before = town.connection.execute(first).all()
    changed(town.connection, "A C B")
    changed(town.connection, "A B C", "back", now=NOW + 2 * DAY)
    assert town.connection.execute(first).all() == before
    assert holder(town, no) == ("B", "li", 3)
