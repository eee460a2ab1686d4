"""An edition is activated: buildings and facilities near what it touched get their homes anew."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from gis.rehoming import HEIR_SHARE, Holding, Succession, Why, holder_after
from gis.store.database import drop_temporary, query, rows
from gis.store.homes import Piece, grids_of_places, keep_homes, pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.store.homes import Kind

REACH_DEG: Final = 0.0004
"""At least `locating.REACH_M` in degrees, up to 60 degrees of latitude."""

TOUCHED: Final[Mapping[Kind, str]] = {
    "building": "buildings_touched",
    "facility": "facilities_touched",
}


@dataclass(frozen=True, slots=True)
class PlacesRehomed:
    """How many objects changed their home, and how many have none from the edition's day on."""

    moved: int
    homeless: int


NONE_MOVED: Final = PlacesRehomed(0, 0)


def rehome_places(connection: Connection, kind: Kind, since: date, now: datetime) -> PlacesRehomed:
    """Locate the objects near the regions in `touched` anew, from the day `since` on.

    One whose place is in no grid, or unknown, keeps its home while that stands; then the heir takes
    it (`gis.rehoming`), or nobody. Nothing is said of days before an object's first home.
    """
    drop_temporary(connection, "home_asked")
    connection.execute(query(TOUCHED[kind]), {"reach_deg": REACH_DEG})
    asked = connection.execute(text("SELECT id, lon, lat FROM home_asked ORDER BY id")).all()
    if not asked:
        return NONE_MOVED
    connection.execute(text("ANALYZE home_asked"))
    placed = [row for row in asked if row.lon is not None]
    days, grids = grids_of_places(connection, [(r.lon, r.lat) for r in placed], since, now)
    owners: dict[int, Sequence[int | None]] = {row.id: (None,) * len(days) for row in asked}
    owners |= dict(zip((row.id for row in placed), zip(*grids, strict=True), strict=True))
    known = _known(connection, kind)
    after = _After(connection, owners, known, days)
    homes = {
        number: _pieces(days, after.owners(number), known.get(number, ())) for number in owners
    }
    moved = keep_homes(connection, kind, homes, now)
    return PlacesRehomed(len(moved), sum(pieces[-1][2] is None for pieces in homes.values()))


def _known(connection: Connection, kind: Kind) -> dict[int, list[Any]]:
    known: dict[int, list[Any]] = defaultdict(list)
    for row in rows(connection, "home_known", kind=kind):
        known[row.object_id].append(row)
    return known


def _pieces(
    days: Sequence[date], owners: Sequence[int | None], known: Sequence[Any]
) -> list[Piece]:
    first = max(days[0], known[0].since) if known else days[0]
    begin = bisect_right(days, first) - 1
    return pieces_of([first, *days[begin + 1 :]], owners[begin:])


class _After:
    """Who owns each object where its place doesn't say: its home, or that one's heir."""

    def __init__(
        self,
        connection: Connection,
        owners: Mapping[int, Sequence[int | None]],
        known: Mapping[int, Sequence[Any]],
        days: Sequence[date],
    ) -> None:
        self._owners, self._known, self._days = owners, known, days
        doubtful = {
            row.region_id
            for number, found in owners.items()
            if None in found
            for row in known.get(number, ())
        }
        self._ended = [succession(connection, doubtful, day) for day in days]

    def owners(self, number: int) -> Sequence[int | None]:
        found = self._owners[number]
        if None not in found:
            return found
        return [one or self._kept(number, n) for n, one in enumerate(found)]

    def _kept(self, number: int, n: int) -> int | None:
        day = self._days[n]
        for row in self._known.get(number, ()):
            if row.since <= day and (row.until is None or day < row.until):
                ended = self._ended[n].get(row.region_id)
                holding = Holding(row.region_id, None, fixed=True, ended=ended)
                holder, why = holder_after(holding)
                return None if why is Why.ABOVE else holder
        return None


def succession(
    connection: Connection, region_ids: Iterable[int], day: date
) -> dict[int, Succession]:
    """What became of those regions that are not in force on a day, as known now."""
    ids = sorted(set(region_ids))
    if not ids:
        return {}
    found = rows(connection, "regions_succeeded", ids=ids, day=day, heir_share=HEIR_SHARE)
    return {
        row.region_id: Succession(row.heir, frozenset(row.among or ()), row.above) for row in found
    }
