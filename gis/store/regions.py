"""Regions as they stood: lists, one region's facts, shapes for a map. Open to every account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from gis.errors import NotFound
from gis.lod import step_for, tolerance_deg
from gis.store.database import rows, times

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from gis.model import AsOf

Box = tuple[float, float, float, float]  # west, south, east, north: degrees, EPSG:4490


@dataclass(frozen=True, slots=True)
class LevelCount:
    """How many regions a level has on a day, how many with a shape, and the box around those."""

    level: str
    count: int
    shapes: int
    box: Box | None


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region as lists show it."""

    id: int
    code: str
    name: str | None
    level: str
    level_name: str
    parent_code: str | None
    has_shape: bool


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A region on the way up, top first."""

    id: int
    level: str
    level_name: str
    code: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """All there is to say of one region on one day; `valid_to` is the first day it isn't so."""

    id: int
    version_id: int
    code: str
    name: str | None
    level: str
    level_name: str
    codes: list[tuple[str, str]]
    names: list[tuple[str, str, str]]
    ancestors: list[Ancestor]
    children_count: dict[str, int]
    valid_from: date | None
    valid_to: date | None
    edition: str
    source: str
    edition_from: date
    area_m2: float | None
    box: Box | None
    centre: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class RegionShape:
    """A region's identity, its ancestors (top first) and its shape, None where it has none."""

    id: int
    path: tuple[int, ...]
    wkb: bytes | None


@dataclass(frozen=True, slots=True)
class RegionKept:
    """A region as it is kept; `shape` is WKB, degrees, `valid_to` the first day it isn't so."""

    code: str
    name: str | None
    parent_code: str | None
    edition: str
    valid_from: date | None
    valid_to: date | None
    shape: bytes | None


def level_counts(connection: Connection, as_of: AsOf) -> dict[str, LevelCount]:
    """Counts and boxes by level code; levels without regions are absent."""
    found = rows(connection, "levels_count", **times(as_of))
    return {
        r.level: LevelCount(r.level, r.regions, r.shapes, _box(r.west, r.south, r.east, r.north))
        for r in found
    }


def list_regions(
    connection: Connection,
    as_of: AsOf,
    *,
    level: str | None = None,
    words: str = "",
    after: tuple[str, int] | None = None,
    most: int = 100,
) -> list[RegionRow]:
    """Regions by code from `after` on, at most `most`.

    `words` finds codes that begin with it and names that hold it, ignoring case; empty finds all.
    """
    like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = rows(
        connection,
        "regions_list",
        **times(as_of),
        level=level,
        prefix=f"{like}%" if like else None,
        part=f"%{like}%",
        after_code=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )
    return [RegionRow(*r) for r in found]


def region_facts(connection: Connection, level: str, code: str, as_of: AsOf) -> RegionFacts:
    """One region by its level and main code. Raises NotFound when it wasn't there on that day."""
    r = _in_force(connection, level, code, as_of)
    words = rows(connection, "region_words", id=r.id, **times(as_of))
    children = rows(connection, "region_children_count", id=r.id, **times(as_of))
    return RegionFacts(
        id=r.id,
        version_id=r.version_id,
        code=code,
        name=r.name,
        level=level,
        level_name=r.level_name,
        codes=[(w.first, w.word) for w in words if w.what == "code"],
        names=[(w.first, w.second, w.word) for w in words if w.what == "name"],
        ancestors=ancestors(connection, list(r.path), as_of),
        children_count={c.level: c.regions for c in children},
        valid_from=r.valid.lower,
        valid_to=r.valid.upper,
        edition=r.edition,
        source=r.source,
        edition_from=r.edition_from,
        area_m2=r.area_m2,
        box=_box(r.west, r.south, r.east, r.north),
        centre=None if r.lon is None else (r.lon, r.lat),
    )


def _in_force(connection: Connection, level: str, code: str, as_of: AsOf) -> Any:
    found = rows(connection, "region_facts", level=level, code=code, **times(as_of))
    if not found:
        raise NotFound("error.region_not_found", code=code, day=as_of.valid_on.isoformat())
    return found[0]


def ancestors(connection: Connection, ids: list[int], as_of: AsOf) -> list[Ancestor]:
    """Codes and names of regions on a day, as known at an instant, in the order given."""
    return [Ancestor(*r) for r in rows(connection, "region_ancestors", ids=ids, **times(as_of))]


def shape_of(connection: Connection, level: str, code: str, as_of: AsOf) -> RegionShape:
    """A region's place in the tree and on the ground. Raises NotFound."""
    found = rows(connection, "region_as_it_stood", level=level, code=code, **times(as_of))
    if not found:
        raise NotFound("error.region_not_found", code=code, day=as_of.valid_on.isoformat())
    return RegionShape(found[0].id, tuple(found[0].path), found[0].wkb)


def all_regions(
    connection: Connection, level: str, as_of: AsOf, *, root_id: int | None = None
) -> list[RegionKept]:
    """Every region of a level with its shape, by code; only those under `root_id` where given."""
    found = rows(connection, "regions_export", level=level, root_id=root_id, **times(as_of))
    return [RegionKept(*row) for row in found]


def region_id_of(connection: Connection, level: str, code: str, as_of: AsOf) -> int:
    """The identity behind a code on a day. Raises NotFound."""
    return int(_in_force(connection, level, code, as_of).id)


def region_ids(
    connection: Connection, pairs: Iterable[tuple[str, str]], as_of: AsOf
) -> dict[tuple[str, str], int]:
    """Region ids by (level, code) of those pairs that are in force on the day, as known then."""
    given = sorted(set(pairs))
    found = connection.execute(
        text(
            "SELECT l.code AS level, c.code, c.region_id"
            "  FROM unnest(CAST(:levels AS text[]), CAST(:codes AS text[])) AS g(level, code)"
            "  JOIN level l ON l.code = g.level"
            "  JOIN region_code_known c ON c.code = g.code AND c.scheme = 'main'"
            "   AND CASE WHEN c.valid @> CAST(:valid_on AS date)"
            "       THEN c.known @> CAST(:known_at AS timestamptz) END"
            "  JOIN region r ON r.id = c.region_id AND r.level_id = l.id"
        ),
        {
            "levels": [level for level, _ in given],
            "codes": [code for _, code in given],
            **times(as_of),
        },
    )
    return {(row.level, row.code): row.region_id for row in found}


def codes_of(connection: Connection, ids: Iterable[int], as_of: AsOf) -> dict[int, str]:
    """The main codes of regions on a day, by id; those without one are absent."""
    found = ancestors(connection, sorted(set(ids)), as_of)
    return {one.id: one.code for one in found if one.code is not None}


def regions_geojson(
    connection: Connection, level: str, box: Box, as_of: AsOf, *, zoom: float | None, most: int
) -> str:
    """A FeatureCollection (text) of one level's shapes that touch a box, lowest codes first.

    `zoom` (web map zoom) simplifies to half a screen pixel, where the level of detail is made with
    neighbours still meeting, else shape by shape; None sends shapes as kept. At
    most `most` shapes; `total` says how many there are, `truncated` whether some were left out.
    Coordinates are longitude, latitude; CGCS2000 is sent as WGS 84, the same to a centimetre or so.
    """
    tolerance = 0.0 if zoom is None else tolerance_deg(zoom)
    west, south, east, north = box
    where = {"level": level, "west": west, "south": south, "east": east, "north": north}
    found = rows(
        connection,
        "regions_in_box",
        **where,
        **times(as_of),
        tolerance=tolerance,
        step=step_for(zoom),
        decimals=7 if tolerance < 1e-6 else 6,
        most=most + 1,
    )
    truncated = len(found) > most
    total = len(found)
    if truncated:
        total = rows(connection, "regions_count_in_box", **where, **times(as_of))[0][0]
    features = ",".join(_feature(level, *r) for r in found[:most])
    return (
        f'{{"type":"FeatureCollection","truncated":{json.dumps(truncated)},"total":{total},'
        f'"features":[{features}]}}'
    )


def _feature(
    level: str, code: str, name: str | None, parent: str | None, edition: str, geometry: str
) -> str:
    facts = {"code": code, "name": name, "level": level, "parent_code": parent, "edition": edition}
    words = json.dumps(facts, ensure_ascii=False)
    return (
        f'{{"type":"Feature","id":{json.dumps(code)},"properties":{words},"geometry":{geometry}}}'
    )


def _box(*edges: float | None) -> Box | None:
    west, south, east, north = edges
    if west is None or south is None or east is None or north is None:
        return None
    return (west, south, east, north)
