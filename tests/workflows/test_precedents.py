"""What a person decided once is proposed the next time, and said to be so. What isn't sure is never
given to a grid by itself.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, text

from gis.accounts import Grant, Role
from gis.errors import BadInput
from gis.governance.steps import Step
from gis.intake import AddressGiven, Found, Origin, PointGiven, Settles
from gis.model import Point
from gis.places import Building, Compound, PropertyMode
from gis.sheets import Sheet, Stated
from gis.store.geocoding import geocode
from gis.store.known_addresses import KnownPlace, keep_known, rehome
from gis.store.spots import spot_of
from gis.store.tables.addresses import precedent
from gis.store.tables.matters import matter
from gis.workflows.import_places import KEEP, import_buildings, import_compounds
from tests.makers import keep
from tests.matter_town import Town
from tests.sketch import SIDE, SOUTH, WEST, sketch

EDGE = WEST + SIDE  # between the grids A and B
METRE = SIDE / 968  # of longitude at this latitude, about


def near_edge(metres_west: float, accuracy_m: float) -> PointGiven:
    return PointGiven(EDGE - metres_west * METRE, SOUTH + SIDE / 2, "wgs84", Origin.GPS, accuracy_m)


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> Town:
    made = Town(ground)
    grids = made.regions
    keep_known(
        ground,
        [
            KnownPlace("imported:1", "滨河路18号附1", "", (), grids["A"], Point(WEST, SOUTH)),
            KnownPlace("imported:2", "滨河路18号附2", "", (), grids["B"], Point(EDGE, SOUTH)),
        ],
    )
    return made


@pytest.fixture
def town(built: Town, connection: Connection) -> Town:
    assert built.connection is connection  # what a test writes is taken back by it
    return copy(built)  # its clock goes on with what a test does


def row_of(town: Town, no: str):
    return town.connection.execute(select(matter).where(matter.c.no == no)).one()


def arrives(town: Town, place) -> str:
    return town.arrives("暴露垃圾", "E0102", place=place)


def test_a_sure_address_has_its_grid_and_an_open_one_waits_with_what_it_can_be(town: Town):
    sure = spot_of(town.connection, AddressGiven("滨河路18号附2楼下"), town.as_of())
    unsure = spot_of(town.connection, AddressGiven("滨河路18号"), town.as_of())
    beside = spot_of(town.connection, AddressGiven("滨河路18号附2旁边"), town.as_of())
    unknown = spot_of(town.connection, AddressGiven("天涯路1号"), town.as_of())

    assert (sure.method, sure.sure, sure.at("grid").code) == (Found.ADDRESS, True, "B")
    assert (unsure.sure, unsure.at("grid"), unsure.at("community").code) == (False, None, "K")
    assert [unsure.known[one.path[-1]].code for one in unsure.candidates] == ["A", "B"]
    assert unsure.settles == (Settles.ADDRESS, Settles.BUILDING, Settles.QR, Settles.TAP)
    assert (beside.sure, beside.at("community").code) == (False, "K")
    assert (unknown.method, unknown.warning.key) == (Found.NOWHERE, "warning.address_unknown")


def test_the_same_words_again_go_where_a_person_said_and_say_so(town: Town):
    first = arrives(town, AddressGiven("滨河路十八號"))
    assert row_of(town, first).state == "triage"
    town.takes("desk", first, Step.CLASSIFY, list_item="E0102", grid="B")
    again = spot_of(town.connection, AddressGiven("滨河路十八号"), town.as_of())
    (told,) = geocode(town.connection, ["滨河路十八号"], town.as_of())

    assert (again.method, again.sure, again.at("grid").code) == (Found.PRECEDENT, True, "B")
    assert again.note.key == "note.precedent"
    assert (told.grid.code, told.decided_on) == ("B", town.now.date())
    second = arrives(town, AddressGiven("滨河路十八号"))
    assert (row_of(town, second).state, row_of(town, second).region_id) == (
        "proposed",
        town.regions["B"],
    )


def test_an_unsure_point_goes_where_a_person_said_of_the_same_place(town: Town):
    here = near_edge(5, 25)
    assert not spot_of(town.connection, here, town.as_of()).sure
    first = arrives(town, here)
    town.takes("desk", first, Step.CLASSIFY, list_item="E0102", grid="B")
    again = spot_of(town.connection, near_edge(9, 25), town.as_of())
    far = spot_of(town.connection, near_edge(-16, 25), town.as_of())

    assert (again.method, again.at("grid").code) == (Found.PRECEDENT, "B")
    assert not far.sure, "farther than 15 m is another place"
    assert not spot_of(town.connection, near_edge(5, 60), town.as_of()).sure, "too rough for it"


def settle_from_above(town: Town, words: str, grid: str | None = None, **more: str) -> str:
    """An address that nobody knows waits at the desk of the whole deployment; its number."""
    centre = replace(town.people["desk"], grants=(Grant(Role.DISPATCHER, None),))
    town.people["centre"] = centre
    no = arrives(town, AddressGiven(words))
    town.takes("centre", no, Step.CLASSIFY, list_item="E0102", grid=grid, **more)
    return no


def test_a_name_that_no_register_has_is_learnt_and_proposed_but_never_decides(town: Town):
    settle_from_above(town, "老供销社旁边", "B")
    again = spot_of(town.connection, AddressGiven("老供销社对面"), town.as_of())
    (told,) = geocode(town.connection, ["在老供销社 后面"], town.as_of())

    assert (again.sure, again.confident) == (False, False)
    assert [again.known[one.path[-1]].code for one in again.candidates] == ["B"]
    assert again.warning.key == "warning.address_learnt"
    assert (told.place, told.grid, told.hint) == (None, None, "geocode.hint.learnt")
    ((thing, score),) = [(one.thing, one.score) for one in told.candidates]
    assert (thing.kind, thing.code, thing.name, score) == ("learnt", "B", "老供销社", 0.5)
    second = arrives(town, AddressGiven("老供销社对面"))
    assert (row_of(town, second).state, row_of(town, second).queue) == ("triage", "unsure")


def test_a_learnt_name_gives_way_to_the_registers_and_tells_every_place_it_was_said_to_be(
    town: Town,
):
    for words, grid in (("老供销社旁边", "B"), ("老供销社背后", "A")):
        settle_from_above(town, words, grid)
    (both,) = geocode(town.connection, ["老供销社对面"], town.as_of())
    assert {one.thing.code for one in both.candidates} == {"A", "B"}

    shop = KnownPlace(
        "facility:9", "老供销社", "老供销社", (), town.regions["A"], Point(WEST, SOUTH)
    )
    keep_known(town.connection, [shop])
    (known,) = geocode(town.connection, ["老供销社"], town.as_of())
    assert known.place.code == "9"
    assert [one.thing.kind for one in known.candidates] == ["facility"]


def houses(town: Town, **homes: float) -> None:
    """Buildings of the compound 老厂家属院, so many squares east of the town's corner."""
    estate = Compound("c1", "老厂家属院", "", None, PropertyMode.NONE)
    keeping = {"name", "property_mode"}
    import_compounds(
        town.connection, Sheet([Stated(1, estate)], frozenset(keeping)), town.as_of(), KEEP
    )
    rows = [
        Building(
            code, f"{code}幢", "", 10, Point(WEST + at * SIDE, SOUTH + SIDE / 2), compound_code="c1"
        )
        for code, at in homes.items()
    ]
    fields = frozenset({"name", "households", "point", "compound_code"})
    sheet = Sheet([Stated(n, one) for n, one in enumerate(rows)], fields)
    assert import_buildings(town.connection, sheet, town.as_of(), KEEP).kept


def test_a_name_learnt_of_a_building_proposes_that_building_and_follows_it(town: Town):
    houses(town, b1=0.5, b2=1.5)
    no = settle_from_above(town, "老供销社旁边", place="building:b2")
    assert row_of(town, no).region_id == town.regions["B"]
    house = town.connection.scalar(text("SELECT id FROM building WHERE code = 'b2'"))
    assert row_of(town, no).building_id == house
    (told,) = geocode(town.connection, ["老供销社对面"], town.as_of())
    ((thing, score),) = [(one.thing, one.score) for one in told.candidates]
    assert (thing.kind, thing.code, score, told.candidates[0].learnt) == (
        "building",
        "b2",
        0.5,
        True,
    )
    assert (told.place, told.grid, told.hint) == (None, None, "geocode.hint.learnt")
    again = spot_of(town.connection, AddressGiven("老供销社对面"), town.as_of())
    assert (again.sure, again.building_id) == (False, None), (
        "a candidate, never the place by itself"
    )

    day = town.as_of().valid_on
    rows = sketch("A A C", parents={"A": "K", "C": "L"})
    keep(town.connection, rows, edition="merged", valid_from=day, now=town.now)
    assert rehome(town.connection, town.as_of()) >= 1
    (later,) = geocode(town.connection, ["老供销社对面"], town.as_of())
    assert [one.regions[-1].code for one in later.candidates] == ["A"], "its grid has ended"
    (same,) = geocode(town.connection, ["老供销社旁边"], town.as_of())
    assert (same.grid.code, same.place, same.candidates[0].thing.code) == ("A", None, "b2")


def test_a_compound_in_two_grids_needs_its_grid_said_and_is_learnt_with_it(town: Town):
    houses(town, b1=0.5, b2=1.5)
    for place, key in (
        ({"place": "compound:c1"}, "error.place_needs_grid"),
        ({"place": "compound:c9"}, "error.place_unknown"),
        ({"place": "b1"}, "error.place_unknown"),
        ({"place": "building:b1", "grid": "B"}, "error.place_elsewhere"),
    ):
        with pytest.raises(BadInput) as refused:
            settle_from_above(town, "老供销社旁边", **place)
        assert refused.value.key == key
    no = settle_from_above(town, "老供销社旁边", place="compound:c1", grid="B")
    assert (row_of(town, no).region_id, row_of(town, no).building_id) == (town.regions["B"], None)
    (told,) = geocode(town.connection, ["老供销社对面"], town.as_of())
    assert [(one.thing.kind, one.regions[-1].code) for one in told.candidates] == [
        ("compound", "B")
    ]


def test_decisions_that_disagree_and_complaints_about_people_are_no_precedents(town: Town):
    for grid in ("A", "B"):
        no = arrives(town, near_edge(5, 25))
        if row_of(town, no).state == "triage":
            town.takes("desk", no, Step.CLASSIFY, list_item="E0102", grid=grid)
        else:
            town.takes("desk", no, Step.DISPATCH, handler="city", grid=grid)
    assert not spot_of(town.connection, near_edge(5, 25), town.as_of()).sure


def test_another_unit_than_proposed_is_proposed_the_next_time(town: Town):
    first = town.arrives("暴露垃圾", "E0102")
    proposed = row_of(town, first).handler_id
    assert proposed == town.units["city"]
    town.takes("desk", first, Step.DISPATCH, handler="market")
    second = town.arrives("暴露垃圾", "E0102")

    assert row_of(town, second).handler_id == town.units["market"]
    assert "reason.precedent_unit" in str(row_of(town, second).proposal)
    kinds = town.connection.execute(select(precedent.c.kind)).scalars()
    assert list(kinds) == ["unit"]
