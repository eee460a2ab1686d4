"""Which queue and which desk a new matter goes to; what makes two bodies the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gis.governance.classify import Route
from gis.intake import (
    Found,
    PlaceCandidate,
    Region,
    Spot,
    body_sha256,
    desk_for,
    queue_for,
    read_qr,
)
from gis.matters import TriageQueue

LEVELS = ("county", "subdistrict", "community", "grid")

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(st.text(max_size=8), VALUES, max_size=6)


@st.composite
def spots(draw: st.DrawFn) -> Spot:
    """A spot in a small town: every region has two below it, and some levels may be missing."""
    levels = draw(st.lists(st.sampled_from(LEVELS), unique=True).map(sorted_by_rank))
    turns = draw(st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), max_size=3))
    known: dict[int, Region] = {}
    candidates = []
    for turn in turns if levels else []:
        path = []
        number = 1
        for level, side in zip(levels, turn, strict=False):
            number = number * 2 + side
            known[number] = Region(number, level, str(number), str(number))
            path.append(number)
        candidates.append(PlaceCandidate(tuple(path), 0.5))
    methods = [Found.COVERS, Found.BUILDING] if candidates else [Found.OUTSIDE, Found.NOWHERE]
    return Spot(
        draw(st.sampled_from(methods)),
        tuple(candidates),
        known,
        confident=draw(st.booleans()),
        radius_m=draw(st.none() | st.floats(0, 200)),
    )


def sorted_by_rank(levels: list[str]) -> list[str]:
    return sorted(levels, key=LEVELS.index)


@given(spots(), st.sampled_from(Route), st.booleans(), st.none() | st.just(99))
def test_the_desk_holds_every_place_it_can_be(
    spot: Spot, route: Route, vacant: bool, own_region: int | None
):
    queue = queue_for(spot, route, vacant=vacant)
    desk = desk_for(spot, route, queue, own_region)

    if spot.candidates and desk is not None:
        assert all(desk in one.path for one in spot.candidates)
    if not spot.candidates:
        assert desk == (None if spot.method is Found.OUTSIDE else own_region)


@given(spots(), st.sampled_from(Route), st.booleans())
def test_only_a_sure_place_in_a_grid_with_somebody_in_its_post_is_proposed(
    spot: Spot, route: Route, vacant: bool
):
    queue = queue_for(spot, route, vacant=vacant)

    if route is Route.DISCIPLINE:
        assert queue is None
    else:
        certain = spot.sure and not vacant and route is Route.HANDLER
        assert (queue is None) == certain
    if queue is None and route is Route.HANDLER:
        desk = desk_for(spot, route, queue, None)
        assert desk is not None
        assert spot.known[desk].level == "grid"


@given(spots())
def test_a_complaint_about_people_never_stays_below_the_subdistrict(spot: Spot):
    desk = desk_for(spot, Route.DISCIPLINE, None, None)

    if desk is not None:
        assert spot.known[desk].level in ("county", "subdistrict")


def test_a_vacancy_waits_at_the_community():
    known = {n: Region(n, level, "", "") for n, level in enumerate(LEVELS, start=1)}
    one = (PlaceCandidate((1, 2, 3, 4), 1.0),)
    spot = Spot(Found.BUILDING, one, known, confident=True)

    queue = queue_for(spot, Route.HANDLER, vacant=True)

    assert (queue, desk_for(spot, Route.HANDLER, queue, None)) == (TriageQueue.VACANT, 3)


@given(BODIES, st.randoms())
def test_order_and_empty_fields_make_no_other_body(body: dict[str, object], random: object):
    names = list(body)
    random.shuffle(names)  # type: ignore[attr-defined]
    shuffled = {name: body[name] for name in names} | {"another": None}

    assert body_sha256(shuffled) == body_sha256(body)


@given(BODIES, BODIES)
def test_bodies_that_mean_something_else_have_another_sum(
    one: dict[str, object], other: dict[str, object]
):
    assert (body_sha256(one) == body_sha256(other)) == (meant(one) == meant(other))


def meant(body: object) -> object:
    """A second writing of what a body means: JSON without empty fields."""
    if isinstance(body, dict):
        kept = {name: meant(value) for name, value in body.items() if value is not None}
        return json.dumps(kept, sort_keys=True)
    return json.dumps(body)


@given(st.integers(10**9, 4 * 10**9), st.integers(-12, 12))
def test_an_instant_is_the_same_in_every_zone(seconds: int, hours: int):
    here = datetime.fromtimestamp(seconds, UTC)
    there = here.astimezone(timezone(timedelta(hours=hours)))
    later = here + timedelta(seconds=1)

    assert body_sha256({"at": here}) == body_sha256({"at": there}) != body_sha256({"at": later})


def test_a_sticker_may_hold_a_colon_in_its_code():
    assert read_qr("B:A:1").code == "A:1"
    assert read_qr("B:").thing is read_qr("X:1").thing is read_qr("").thing is None
