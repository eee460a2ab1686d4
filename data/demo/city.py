"""The demo city as a whole: 示例市示例区, marked 合成示例, the same bytes from every run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import shapely

from data.demo import naming
from data.demo.blocks import houses
from data.demo.frame import degrees
from data.demo.layout import Lot, Street, lay_out
from data.demo.lines import Lines
from data.demo.raised import Covered, gate_of, house_numbers
from data.demo.regions import Cell, DemoEdition, cells, editions
from data.demo.services import facilities
from data.demo.site import standing_free
from data.demo.staff import staff
from data.demo.streets import barriers, draw_roads, riverside, waters
from data.demo.village import countryside, settle
from data.demo.works import public_works
from gis.places import Ground, Road, RoadClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from data.demo.frame import Numbers
    from data.demo.village import Village
    from gis.people import Member, Organisation, Post
    from gis.places import Barrier, Building, Compound, Facility

BUILDINGS: Final = 4000


@dataclass(frozen=True, slots=True, eq=False)
class DemoCity:
    """Everything that stands in the demo. `grids` are the cells its grids were made of."""

    editions: tuple[DemoEdition, ...]
    grids: tuple[Cell, ...]
    compounds: tuple[Compound, ...]
    buildings: tuple[Building, ...]
    roads: tuple[Road, ...]
    barriers: tuple[Barrier, ...]
    grounds: tuple[Ground, ...]
    facilities: tuple[Facility, ...]
    organisations: tuple[Organisation, ...]
    members: tuple[Member, ...]
    posts: tuple[Post, ...]


@cache
def demo_city() -> DemoCity:
    """The demo city, made once a process."""
    drawn, lines, lots, streets = _plan()
    roads, walls = draw_roads(streets, lines), barriers()
    works = [public_works(lot) for lot in lots]
    raised = [
        one for lot, (public, _) in zip(lots, works, strict=True) for one in houses(lot) + public
    ]
    raised = standing_free(raised, roads, walls)
    villages = _villages([cell for cell in drawn if cell.rural], roads, walls, len(raised))
    cottages = [house for village in villages for house in village.cottages]
    numbers = house_numbers([*map(gate_of, lots), *(one.door for one in raised)])
    compound_of = naming.compounds(lots, numbers)
    buildings = naming.buildings(raised, cottages, compound_of, numbers)
    roads += _lanes(villages, len(roads))
    grounds = [
        *countryside([cell for cell in drawn if cell.rural], [one.corners for one in cottages]),
        *waters(),
        *riverside(),
        *_covered(chain.from_iterable(covered for _, covered in works)),
    ]
    people = staff(drawn, buildings)
    return DemoCity(
        tuple(editions(drawn, lines)),
        tuple(drawn),
        tuple(compound_of.values()),
        tuple(buildings),
        tuple(roads),
        tuple(walls),
        tuple(grounds),
        tuple(facilities(buildings, grounds, roads)),
        people.organisations,
        people.members,
        people.posts,
    )


def demo_editions() -> list[DemoEdition]:
    """Every edition of the demo's regions, in the order in which they are to be activated."""
    drawn, lines, _, _ = _plan()
    return editions(drawn, lines)


def _plan() -> tuple[list[Cell], Lines, list[Lot], list[Street]]:
    drawn, lines = cells(), Lines()
    return drawn, lines, *lay_out(drawn, lines)


def _villages(
    rural: Sequence[Cell], roads: Sequence[Road], walls: Sequence[Barrier], in_town: int
) -> list[Village]:
    """As many houses in the villages as the town leaves of `BUILDINGS`, evenly over the groups."""
    left = BUILDINGS - in_town
    shares = [left // len(rural) + (n < left % len(rural)) for n in range(len(rural))]
    return [settle(cell, roads, walls, share) for cell, share in zip(rural, shares, strict=True)]


def _lanes(villages: Sequence[Village], before: int) -> list[Road]:
    lines = [line for village in villages for line in village.lanes]
    return [
        Road(_code("R", number), "", RoadClass.VILLAGE, shapely.LineString(degrees(*line.T)))
        for number, line in enumerate(lines, start=before + 1)
    ]


def _covered(areas: Iterable[Covered]) -> list[Ground]:
    return [
        Ground(_code("G", number), one.kind, one.name, _polygon(one.corners))
        for number, one in enumerate(areas, start=1)
    ]


def _polygon(corners: Numbers) -> shapely.Polygon:
    return shapely.Polygon(degrees(*corners.T))


def _code(letter: str, number: int) -> str:
    return f"500199{letter}{number:04}"
