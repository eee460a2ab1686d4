"""What people decided before about the same place, or about who handles the same there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select

from gis.address_text import normalise
from gis.addresses import parse
from gis.coordinates import metres_per_degree
from gis.gazetteer import name_to_learn
from gis.store.database import as_json, rows, times
from gis.store.tables.addresses import precedent
from gis.store.tables.matters import matter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.model import AsOf, Point

SAME_PLACE_M: Final = 15.0
"""How near two reports have to be for one to be a precedent of the other, in metres."""

PLACE: Final = "place"
UNIT: Final = "unit"


@dataclass(frozen=True, slots=True)
class Precedent:
    """The region that a person said something lies in, with its path (top first, itself last), and
    the building or compound that it was said to be at: its code as a known address, "" for none.
    """

    region_id: int
    path: tuple[int, ...]
    decided_at: datetime
    place: str = ""


def note_place(
    connection: Connection,
    matter_id: int,
    region_id: int,
    by: int,
    now: datetime,
    *,
    place: str = "",
) -> None:
    """Remember where a person said that a matter lies: by its address, or by its point. The name
    that the address goes by (老供销社旁边) is learnt with it, of the `place` (building:CODE or
    compound:CODE) where one was said, else of the region.

    Nothing is remembered of one that came with neither, nor of a complaint about people.
    """
    row = connection.execute(
        select(
            matter.c.raw_place["text"].astext.label("words"), matter.c.geom, matter.c.accuracy_m
        ).where(matter.c.id == matter_id, ~matter.c.conduct)
    ).one_or_none()
    if row is None or (row.words is None and row.geom is None):
        return
    connection.execute(
        insert(precedent).values(
            kind=PLACE,
            words=normalise(row.words or ""),
            name=name_to_learn(parse(row.words or "")),
            point=None if row.words else row.geom,
            accuracy_m=row.accuracy_m,
            region_id=region_id,
            matter_id=matter_id,
            decided_by=by,
            decided_at=now,
            place=place,
        )
    )


def note_unit(
    connection: Connection,
    matter_id: int,
    category: str,
    region_id: int,
    organisation_id: int,
    by: int,
    now: datetime,
) -> None:
    """Remember that a person gave a category at a region to another unit than was proposed."""
    connection.execute(
        insert(precedent).values(
            kind=UNIT,
            category=category,
            region_id=region_id,
            organisation_id=organisation_id,
            matter_id=matter_id,
            decided_by=by,
            decided_at=now,
        )
    )


def places_by_words(
    connection: Connection, texts: Iterable[str], as_of: AsOf
) -> dict[str, Precedent]:
    """The newest decision on each address that one was made on, by the address as given; only where
    its region is still in force.
    """
    by_words: dict[str, list[str]] = {}
    for one in texts:
        by_words.setdefault(normalise(one), []).append(one)
    wanted = sorted(words for words in by_words if words)
    if not wanted:
        return {}
    found = rows(connection, "precedents_by_words", words=wanted, **times(as_of))
    return {one: _precedent(row) for row in found for one in by_words[row.words]}


def places_by_names(
    connection: Connection, names: Iterable[str], as_of: AsOf
) -> dict[str, list[Precedent]]:
    """Where people said that places of some names lie (see `name_to_learn`), by name: one decision
    a region and place, the newest first; only where the region is still in force.
    """
    wanted = sorted({one for one in names if one})
    if not wanted:
        return {}
    found: dict[str, list[Precedent]] = {}
    for row in rows(connection, "precedents_by_names", names=wanted, **times(as_of)):
        found.setdefault(row.name, []).append(_precedent(row))
    return found


def places_near(
    connection: Connection, points: Sequence[Point], as_of: AsOf
) -> list[Precedent | None]:
    """What was decided within `SAME_PLACE_M` metres of each place (degrees, EPSG:4490), the newest;
    None without any, or where decisions there name several regions.
    """
    if not points:
        return []
    asked = as_json([_reach(n, one) for n, one in enumerate(points)])
    found: list[list[Any]] = [[] for _ in points]
    for row in rows(
        connection, "precedents_near_points", points=asked, reach_m=SAME_PLACE_M, **times(as_of)
    ):
        found[row.n].append(row)
    return [
        _precedent(near[0]) if len({r.region_id for r in near}) == 1 else None for near in found
    ]


def _reach(n: int, point: Point) -> dict[str, float]:
    kx, ky = metres_per_degree(point.lat)
    dx, dy = SAME_PLACE_M / max(kx, 1.0), SAME_PLACE_M / ky
    return {"n": n, "lon": point.lon, "lat": point.lat, "dx": dx, "dy": dy, "kx": kx, "ky": ky}


def unit_for(connection: Connection, category: str, path: Sequence[int]) -> int | None:
    """The organisation that a person last gave a category to, at the lowest region of a path that
    has such a decision; None without any.
    """
    found = rows(connection, "precedent_unit", category=category, path=list(path))
    return found[0].organisation_id if found else None


def _precedent(row: Any) -> Precedent:
    place = getattr(row, "place", None) or ""
    return Precedent(row.region_id, (*row.path, row.region_id), row.decided_at, place)
