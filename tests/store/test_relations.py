"""Relations between shapes: the few candidates looked at are all that can stand in them."""

from __future__ import annotations

import random
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection

from gis.model import BoundaryRow
from gis.store import relations
from gis.store.relations import Page, Relation, related
from tests.makers import TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

EVERY = Page(1000)
BY_HAND = {
    Relation.COVERS: lambda one, other: one.covers(other),
    Relation.COVERED_BY: lambda one, other: other.covers(one),
    Relation.OVERLAPS: lambda one, other: (
        one.intersection(other).area > 0
        and one.difference(other).area > 0
        and other.difference(one).area > 0
    ),
    Relation.NEIGHBOURS: lambda one, other: one.boundary.intersection(other.boundary).length > 0,
}


def square(x: int, y: int, size: int) -> shapely.Polygon:
    west, south = WEST + x * SIDE, SOUTH + y * SIDE
    return shapely.box(west, south, west + size * SIDE, south + size * SIDE)


def drawn(seed: int) -> list[BoundaryRow]:
    """Thirty regions of one to three squares each, some in parts, some with a hole, on a lattice:
    whatever the corners and edges of two can do they do.
    """
    chance = random.Random(seed)
    rows = []
    for n in range(30):
        parts = [
            square(chance.randrange(8), chance.randrange(8), chance.choice([1, 1, 2, 4]))
            for _ in range(chance.choice([1, 1, 2, 3]))
        ]
        whole = shapely.union_all(parts)
        if chance.random() < 0.3:
            whole = whole.difference(square(chance.randrange(8), chance.randrange(8), 1)) or whole
        made = whole if isinstance(whole, shapely.MultiPolygon) else shapely.MultiPolygon([whole])
        rows.append(BoundaryRow(n + 1, f"{n:02}", "", None, made))
    return rows


LARGE_FROM: dict[str, dict[str, Any]] = {
    "one by one": {},
    "along the codes": {"MANY": 1, "WALKED": (2, 3, 1000)},
    "within a small level": {"MANY": 31},
    "along the codes in vain": {"MANY": 1, "WALKED": (1, 1)},
}
"""The ways to a page: of a region with few relations, with many, with many far down the codes, and
of a level with few regions.
"""


@pytest.mark.parametrize(("seed", "way"), list(enumerate(LARGE_FROM, start=1)))
def test_every_region_in_a_relation_is_found_and_no_other(
    connection: Connection, seed: int, way: str, monkeypatch: pytest.MonkeyPatch
):
    for name, number in LARGE_FROM[way].items():
        monkeypatch.setattr(relations, name, number)
    rows = drawn(seed)
    keep(connection, rows)
    for relation, holds in BY_HAND.items():
        for one in rows[:12]:
            level = "grid" if "level" in way else None
            found = related(connection, ("grid", one.code), relation, TODAY, EVERY, level=level)
            others = (other for other in rows if other.code != one.code)
            wanted = [other.code for other in others if holds(one.shape, other.shape)]
            assert [other.code for other in found] == wanted, (relation, one.code)


def test_kin_are_the_same_whichever_way_they_are_found(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
):
    keep(connection, sketch("K K L"), level="community", edition="communities")
    below = {"A": "K", "C": "L", "D": "K"}
    keep(connection, sketch("A D C", parents=below))
    for _, ways in LARGE_FROM.items():
        with monkeypatch.context() as patched:
            for name, number in ways.items():
                patched.setattr(relations, name, number)
            for relation in (Relation.CHILDREN, Relation.BELOW):
                asked = ("community", "K"), relation, TODAY
                first = related(connection, *asked, Page(1))
                second = related(connection, *asked, Page(1, (first[0].code, first[0].id)))
                rest = related(connection, *asked, Page(9, (second[0].code, second[0].id)))
                assert [one.code for one in (*first, *second, *rest)] == ["A", "D"], ways
                assert related(connection, *asked, EVERY, level="community") == []


def test_a_page_is_full_though_most_candidates_stand_in_no_relation(connection: Connection):
    keep(connection, drawn(4))
    whole = related(connection, ("grid", "00"), Relation.OVERLAPS, TODAY, EVERY)
    assert len(whole) > 3
    first = related(connection, ("grid", "00"), Relation.OVERLAPS, TODAY, Page(2))
    rest = related(
        connection,
        ("grid", "00"),
        Relation.OVERLAPS,
        TODAY,
        Page(1000, after=(first[-1].code, first[-1].id)),
    )
    assert [*first, *rest] == whole
