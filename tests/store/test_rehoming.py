"""An edition is activated: homes, open matters and posts in the regions that it touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import shapely
from sqlalchemy import Connection, select, text

from gis.accounts import Grant, Role
from gis.errors import Conflict
from gis.governance.steps import Step
from gis.intake import CodeGiven, Origin, PointGiven, Thing
from gis.model import AsOf, BoundaryRow, Point
from gis.places import Building, Facility, FacilityStatus
from gis.sheets import Sheet, Stated
from gis.store.edition_life import facts_of
from gis.store.rehoming import stranded_posts
from gis.store.tables.matters import clock, matter, matter_event, matter_place, outbox
from gis.workflows.change_editions import activate_edition, undo_edition
from gis.workflows.import_places import KEEP, import_buildings, import_facilities
from maps.words import say
from tests.makers import LONG_AGO, NOW, TODAY, keep
from tests.matter_town import Town
from tests.sketch import SIDE, SOUTH, WEST, sketch

DAY = timedelta(days=1)
PARENTS = {"A": "K", "B": "K", "C": "L", "D": "K", "E": "K"}
FIELDS = frozenset({"name", "households", "point", "grid_code"})


def spot(right: float, up: float = 0.5) -> Point:
    """A place in squares of the sketch from its lower left corner."""
    return Point(WEST + right * SIDE, SOUTH + up * SIDE)


def houses(connection: Connection, as_of: AsOf = TODAY, **places: Point | str) -> None:
    """Buildings at points, or stated to be in a grid."""
    rows = [
        Building(code, code, "", 10, at)
        if isinstance(at, Point)
        else Building(code, code, "", 10, None, grid_code=at)
        for code, at in places.items()
    ]
    sheet = Sheet([Stated(n, one) for n, one in enumerate(rows)], FIELDS)
    assert import_buildings(connection, sheet, as_of, KEEP).kept


def home(connection: Connection, code: str, day: date, known_at=NOW + 9 * DAY) -> str | None:
    return connection.execute(
        text(
            "SELECT c.code FROM building b JOIN place_home h ON h.object_id = b.id"
            " JOIN region_code c ON c.region_id = h.region_id AND c.valid @> :day"
            " WHERE h.kind = 'building' AND b.code = :code"
            "   AND h.valid @> :day AND h.known @> :known"
        ),
        {"code": code, "day": day, "known": known_at},
    ).scalar()


def changed(connection: Connection, drawing: str, edition: str = "new", **more):
    """Another edition of the grids, a day later in what is known."""
    usual = {"valid_from": TODAY.valid_on, "now": NOW + DAY}
    rows = sketch(drawing, parents=PARENTS)
    return keep(connection, rows, edition=edition, **{**usual, **more})


def in_halves(square: int, left: str, right: str) -> list[BoundaryRow]:
    """The grid of one square, cut in the middle: two rows."""
    west, middle = WEST + square * SIDE, WEST + (square + 0.5) * SIDE
    east, north = WEST + (square + 1) * SIDE, SOUTH + SIDE
    boxes = (shapely.box(west, SOUTH, middle, north), shapely.box(middle, SOUTH, east, north))
    return [
        BoundaryRow(90 + n, code, "", "K", shapely.MultiPolygon([box]))
        for n, (code, box) in enumerate(zip((left, right), boxes, strict=True))
    ]


# ---- buildings and facilities -------------------------------------------------------------------


def test_a_building_is_in_the_grid_that_covers_it_from_the_editions_day_on(connection):
    keep(connection, sketch("A A B"))
    houses(connection, a=spot(0.5), moves=spot(1.5), b=spot(2.5))
    done = changed(connection, "A B B", valid_from=date(2027, 1, 1))

    assert (done.rehomed.buildings.moved, done.rehomed.buildings.homeless) == (1, 0)
    assert home(connection, "moves", TODAY.valid_on) == "A"
    assert home(connection, "moves", date(2027, 1, 1)) == "B"
    assert home(connection, "moves", date(2027, 1, 1), known_at=NOW) == "A", "as known then"
    assert (home(connection, "a", date(2027, 1, 1)), home(connection, "b", date(2027, 1, 1))) == (
        "A",
        "B",
    )


def test_a_late_edition_moves_homes_only_until_the_next_one_begins(connection):
    keep(connection, sketch("A A B"))
    long_ago = AsOf(LONG_AGO, NOW)
    houses(connection, long_ago, one=spot(1.5))
    changed(connection, "A B B", "2026", valid_from=date(2026, 1, 1), now=NOW + DAY)
    changed(connection, "A C B", "2023", valid_from=date(2023, 1, 1), now=NOW + 2 * DAY)

    years = [home(connection, "one", date(year, 6, 1)) for year in (2021, 2024, 2026)]
    assert years == ["A", "C", "B"]


def test_a_building_without_a_place_stays_while_its_grid_stands_then_follows_its_heir(connection):
    keep(connection, sketch("A B C"))
    houses(connection, stays="A", follows="B", far=spot(300))
    done = changed(connection, "A A A")

    assert (done.ended, done.rehomed.buildings.moved) == (("B", "C"), 1)
    assert home(connection, "stays", TODAY.valid_on) == "A"
    assert home(connection, "follows", TODAY.valid_on) == "A"


def test_a_building_that_no_grid_holds_any_more_is_counted_as_homeless(connection):
    keep(connection, sketch("A B"))
    houses(connection, one=spot(1.5), two="B")
    done = changed(connection, "A .")

    assert (done.rehomed.buildings.moved, done.rehomed.buildings.homeless) == (2, 2)
    assert home(connection, "one", TODAY.valid_on) is None


def test_facilities_move_like_buildings_and_an_edition_above_moves_neither(connection):
    keep(connection, sketch("K K K"), level="community", edition="社区")
    keep(connection, sketch("A A B", parents=PARENTS))
    hall = Facility("f", "canteen", "食堂", FacilityStatus.OPEN, point=spot(1.5))
    fields = frozenset({"kind", "name", "status", "point"})
    import_facilities(connection, Sheet([Stated(1, hall)], fields), TODAY, KEEP)
    assert changed(connection, "A B B").rehomed.facilities.moved == 1
    renamed = sketch("K K K", names={"K": "新名"})
    above = keep(connection, renamed, level="community", edition="社区2", valid_from=LONG_AGO)
    assert above.rehomed.facilities.moved == 0


# ---- open matters -------------------------------------------------------------------------------


@pytest.fixture
def town(connection: Connection) -> Town:
    made = Town(connection)
    made.now = NOW
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
