"""The made-up city comes in the way any city does: organisations, places, then people."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gis.people import StaffLine
from gis.sheets import Sheet, Stated
from gis.workflows.import_people import import_organisations, import_staff
from gis.workflows.import_places import (
    Choice,
    import_buildings,
    import_compounds,
    import_facilities,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.people import Member, Organisation, Post
    from gis.places import Building, Compound, Facility

T = TypeVar("T")
GOOD_ONES = Choice(commit=True, skip_bad=True)


def load_demo_city(
    connection: Connection,
    *,
    organisations: Sequence[Organisation],
    compounds: Sequence[Compound],
    buildings: Sequence[Building],
    facilities: Sequence[Facility],
    members: Sequence[Member],
    posts: Sequence[Post],
    as_of: AsOf,
) -> None:
    """Put everything of the demo in place on the regions of `as_of`.

    A post at a grid that isn't there yet on that day is left out.
    """
    import_organisations(connection, _sheet(organisations), as_of, GOOD_ONES)
    import_compounds(connection, _sheet(compounds), as_of, GOOD_ONES)
    import_buildings(connection, _sheet(buildings), as_of, GOOD_ONES)
    import_facilities(connection, _sheet(facilities), as_of, GOOD_ONES)
    lines = list(_lines(members, posts))
    stated = [Stated(row, one) for row, one in enumerate(lines, start=1)]
    import_staff(
        connection,
        Sheet(stated, frozenset({"name", "phone", "until", "responsible"})),
        as_of,
        GOOD_ONES,
    )


def _sheet(items: Sequence[T]) -> Sheet[T]:
    """Everything the nouns can say is stated."""
    fields = frozenset(type(items[0]).__dataclass_fields__)  # type: ignore[attr-defined]
    return Sheet([Stated(row, one) for row, one in enumerate(items, start=1)], fields)


def _lines(members: Iterable[Member], posts: Iterable[Post]) -> Iterable[StaffLine]:
    by_code = {one.code: one for one in members}
    for member in by_code.values():
        yield StaffLine(member)
    for one in posts:
        yield StaffLine(
            by_code[one.member], one.role, one.place, one.since, one.until, one.responsible
        )
