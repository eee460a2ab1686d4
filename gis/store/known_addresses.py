"""Known addresses come in: what has an address, with the paths that lead to it.

They are kept beside what they speak of, in the same transaction, so that they are never older than
it. What is unchanged isn't taken apart again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
from sqlalchemy import Text, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from gis.address_parts import standard
from gis.address_text import normalise
from gis.addresses import parse
from gis.gazetteer_entries import Entered, entered
from gis.gazetteer_index import one_less
from gis.model import Point
from gis.store.codes_of_many import codes_of_all
from gis.store.database import analyze_temporary, copy_rows, drop_temporary, query, rows, times
from gis.store.levels import all_levels
from gis.store.regions import region_ids
from gis.store.tables.addresses import known_address, place_alias
from gis.store.upserts import Changes, listed, upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.model import AsOf

AT_ONCE: Final = 100_000
COLUMNS: Final = ("text", "name", "aliases", "region_id", "point", "facts")
ThingKind: TypeAlias = Literal["building", "compound", "facility"]
IMPORTED: Final = "imported"
NEIGHBOURS: Final = 4_096  # texts remembered while a list comes in
PATHS: Final = "\x1e"  # the record separator, between paths


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """What has an address. `code` is its kind, a colon and its own code: building:500199B00001.

    `region_id` is the lowest region that holds it, `point` (degrees, EPSG:4490) where it is; None
    where nobody knows. `aliases` are other names that people use for it.
    """

    code: str
    text: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    region_id: int | None = None
    point: Point | None = None


def keep_known(connection: Connection, given: Iterable[KnownPlace]) -> Changes:
    """Keep places by their codes, each once, with the paths to them. What changed.

    `given` is gone through once, `AT_ONCE` places at a time: more are never in memory.
    """
    added: list[str] = []
    changed: list[str] = []
    unchanged, rest = 0, iter(given)
    while some := list(islice(rest, AT_ONCE)):
        made = _keep_some(connection, some)
        added += made.added
        changed += made.changed
        unchanged += made.unchanged
    return Changes(tuple(sorted(added)), tuple(sorted(changed)), unchanged)


def forget_known(connection: Connection, codes: Collection[str]) -> None:
    """Drop places that are no more, with their paths."""
    wanted = listed(codes, Text)
    connection.execute(delete(known_address).where(known_address.c.code == wanted.c.one))


def _keep_some(connection: Connection, some: Sequence[KnownPlace]) -> Changes:
    before = _before(connection, some)
    made = {one.code: _enter(one, before.get(one.code)) for one in some}
    written = [new.facts if new else before[code].facts for code, new in made.items()]
    points = _ewkb([one.point for one in some])
    lines = (
        (one.code, one.text, one.name, list(one.aliases), one.region_id, point, facts)
        for one, point, facts in zip(some, points, written, strict=True)
    )
    changes = upsert(connection, known_address, COLUMNS, lines)
    _keep_paths(connection, {code: one for code, one in made.items() if one}, changes.changed)
    return changes


def _before(connection: Connection, some: Sequence[KnownPlace]) -> dict[str, Any]:
    wanted = listed((one.code for one in some), Text)
    asked = select(
        known_address.c.code, known_address.c.text, known_address.c.aliases, known_address.c.facts
    ).join(wanted, wanted.c.one == known_address.c.code)
    return {row.code: row for row in connection.execute(asked)}


def _enter(one: KnownPlace, before: Any) -> Entered | None:
    """What is entered of a place, where the paths to it have to be written anew."""
    if before and (before.text, tuple(before.aliases)) == (one.text, one.aliases):
        return None
    return entered(one.text, one.aliases)


def _keep_paths(
    connection: Connection, fresh: Mapping[str, Entered], changed: Sequence[str]
) -> None:
    if not fresh:
        return
    drop_temporary(connection, "staged_way")
    connection.execute(
        text("CREATE TEMPORARY TABLE staged_way (code text, paths text) ON COMMIT DROP")
    )
    lines = ((code, PATHS.join(one.keys)) for code, one in fresh.items())
    copy_rows(connection, "staged_way", ("code", "paths"), lines)
    analyze_temporary(connection, "staged_way")
    if changed:
        connection.execute(query("address_paths_drop"), {"changed": list(changed)})
    connection.execute(query("address_paths_write"), {"mark": PATHS})
    _keep_names(connection, frozenset().union(*{one.names for one in fresh.values()}))


def _keep_names(connection: Connection, names: Iterable[str]) -> None:
    """Names behind their class, each under what is left of it without one character."""
    pairs = [(less, name) for name in sorted(names) for less in sorted(one_less(name[1:]))]
    connection.execute(
        text(
            "INSERT INTO address_slip (less, name)"
            " SELECT * FROM unnest(CAST(:less AS text[]), CAST(:names AS text[]))"
            " ON CONFLICT DO NOTHING"
        ),
        {"less": [less for less, _ in pairs], "names": [name for _, name in pairs]},
    )


def _ewkb(points: Sequence[Point | None]) -> list[str | None]:
    import shapely  # loaded with the first list

    there = [n for n, one in enumerate(points) if one is not None]
    xy = np.array([(one.lon, one.lat) for one in points if one is not None]).reshape(-1, 2)
    placed = shapely.set_srid(shapely.points(xy), 4490)
    made: list[str | None] = [None] * len(points)
    for n, one in zip(there, shapely.to_wkb(placed, hex=True, include_srid=True), strict=True):
        made[n] = one
    return made


# ---- what stands in the registers ---------------------------------------------------------------


def keep_things(connection: Connection, as_of: AsOf, kind: ThingKind, codes: Iterable[str]) -> None:
    """Bring the known addresses of things of one kind up to what is kept of them."""
    rest = iter(sorted(set(codes)))
    while some := list(islice(rest, AT_ONCE)):
        found = rows(connection, f"addresses_of_{kind}", codes=some, **times(as_of))
        keep_known(
            connection, (_thing(row) for row in found if row.address or row.name != row.code)
        )


def keep_aliases(
    connection: Connection, kind: str, names: Mapping[str, Collection[str]], now: datetime
) -> None:
    """Keep what a list says that things are called beside their names; what was learnt stays.

    `names` by the things' codes, without their kind.
    """
    wanted = listed((f"{kind}:{code}" for code in names), Text)
    listed_before = place_alias.c.learnt_from.is_(None)
    connection.execute(delete(place_alias).where(place_alias.c.code == wanted.c.one, listed_before))
    lines = [
        {"code": f"{kind}:{code}", "name": name, "since": now}
        for code, many in names.items()
        for name in many
    ]
    if lines:
        connection.execute(insert(place_alias).on_conflict_do_nothing(), lines)


def _thing(row: Any) -> KnownPlace:
    names = [row.name] if row.kind != "building" else []
    return KnownPlace(
        f"{row.kind}:{row.code}",
        whole_address(row.address, row.compound or "", row.name),
        row.name,
        tuple(sorted({*names, *row.aliases} - {""})),
        row.region_id,
        None if row.lon is None else Point(row.lon, row.lat),
    )


def standard_address(address: str, upper: Sequence[str]) -> str:
    """An address in its standard form below the regions `upper`, top first, with the landmark it
    names; as written where nothing in it is understood.
    """
    parts = parse(address)
    if not parts.elements:
        return "".join(upper) + address
    return standard(parts.elements, upper) + parts.landmark


def whole_address(address: str, compound: str, name: str) -> str:
    """An address with the compound and the number of the building where it leaves them out."""
    says_building = _says_building(address)
    if compound and normalise(compound) not in normalise(address):
        address += compound
    if not says_building and _says_building(name):
        address += name
    return address or name


@lru_cache(maxsize=NEIGHBOURS)
def _says_building(text: str) -> bool:
    """Buildings of one door stand together in a list, and most are called like many others."""
    return entered(text).has_building


# ---- lists of addresses with coordinates --------------------------------------------------------


def regions_at(
    connection: Connection, points: Sequence[Point | None], as_of: AsOf
) -> list[int | None]:
    """The lowest region (a grid, else what holds it) of each place; None for one outside all."""
    lon = np.array([np.nan if one is None else one.lon for one in points])
    lat = np.array([np.nan if one is None else one.lat for one in points])
    codes = codes_of_all(connection, lon, lat, as_of)
    order = [one.code for one in all_levels(connection) if not one.overlay][::-1]
    pairs = [
        next(((level, code) for level in order if (code := codes[level][n]) is not None), None)
        for n in range(len(points))
    ]
    ids = region_ids(connection, {one for one in pairs if one}, as_of)
    return [ids.get(one) if one else None for one in pairs]


def rehome(connection: Connection, as_of: AsOf, *, most: int = 20_000) -> int:
    """Give known addresses the regions of today: those of their homes, and anew those whose region
    has ended. How many there were; call it again until there are none.
    """
    followed = rows(connection, "addresses_follow_homes", **times(as_of))
    behind = rows(connection, "addresses_left_behind", most=most, **times(as_of))
    if behind:
        found = regions_at(connection, [Point(row.lon, row.lat) for row in behind], as_of)
        connection.execute(
            text(
                "UPDATE known_address a SET region_id = g.region_id"
                "  FROM unnest(CAST(:ids AS bigint[]), CAST(:regions AS bigint[]))"
                "       AS g(id, region_id) WHERE a.id = g.id"
            ),
            {"ids": [row.id for row in behind], "regions": found},
        )
    return len(followed) + len(behind)
