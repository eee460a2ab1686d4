"""An edition is activated: open matters in regions it touched go to those that hold them now.

The place of the report stays as it was, number 1 of `matter_place`; a new last one says who holds
it. The log says so, clocks run on untouched, and whoever has an older version is told on the next
step. Of a complaint about people nobody is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from sqlalchemy import text

from gis.intake import Found
from gis.locating import CONFIDENT_SHARE, DEFAULT_ACCURACY_M
from gis.matters import MatterState
from gis.model import GRID, AsOf
from gis.rehoming import Holding, Why, holder_after
from gis.store.database import copy_rows, drop_temporary, query, rows
from gis.store.locating_many import locate_many
from gis.store.people import competent, responsible_for
from gis.store.regions import ancestors, region_ids
from gis.store.rehome_places import succession

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

GIVEN: Final = frozenset({"desk", Found.GRID.value, Found.DISPUTE.value})
"""A person gave the region, it was reported by name, or the ground is contested and has a temporary
owner: the point beside it didn't decide.
"""

BEFORE_DISPATCH: Final = frozenset({MatterState.TRIAGE, MatterState.PROPOSED})
"""Here the handler is only proposed; afterwards it has the matter, wherever the edge runs."""


@dataclass(frozen=True, slots=True)
class _Located:
    """Where a matter lies today: the region of its holder's level, how sure, how far its edge."""

    region_id: int | None
    sure: bool = True
    edge_m: float | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """The edition that another one undoes: its name, and when it came into force."""

    edition: str
    activated_at: datetime


@dataclass(frozen=True, slots=True)
class _Move:
    """A matter with the region that holds it from now on, and the method that is written down."""

    row: Any
    region_id: int
    why: Why
    at: _Located
    method: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What locating says of a place: its code on every level, how sure, how far the edge."""

    codes: dict[str, str | None]
    sure: bool
    edge_m: float | None


Asked: TypeAlias = tuple[float | None, float | None, float]
"""Where a matter lies (degrees, EPSG:4490; None where nobody knows) and its error in metres."""


@dataclass(frozen=True, slots=True)
class MattersForeseen:
    """Where open matters will lie on a day."""

    day: date
    answers: dict[Asked, _Answer]


def foresee_matters(connection: Connection, now: datetime) -> MattersForeseen:
    """Where the open matters lie that `rehome_matters` looks at; no row is held."""
    as_of = AsOf.at(now)
    found = rows(connection, "matters_touched", day=as_of.valid_on, also=[])
    return MattersForeseen(as_of.valid_on, _answers(connection, found, as_of, {}))


def rehome_matters(
    connection: Connection,
    edition: str,
    now: datetime,
    foreseen: MattersForeseen | None = None,
    undone: Undone | None = None,
) -> int:
    """Move the open matters in the regions of the table `touched` that another region holds today,
    and give back those that the edition `undone` had moved.

    Those of which it isn't `foreseen`, for the same boundaries, where they lie are located. Rows
    are held in the order of their ids, so a step under way is waited for and seen. How many.
    """
    as_of = AsOf.at(now)
    _hold(connection, _moved_by(connection, undone, as_of))
    back = _moved_by(connection, undone, as_of)  # as it is now that nobody moves them any more
    found = rows(connection, "matters_touched", day=as_of.valid_on, also=list(back))
    held = foreseen is not None and foreseen.day == as_of.valid_on
    known = foreseen.answers if foreseen is not None and held else {}
    rest = [row for row in found if row.id not in back]
    moves = _moves(connection, rest, as_of, known) if rest else []
    moves += [_back(row, back[row.id]) for row in found if row.id in back]
    if moves:
        _write(connection, moves, edition, as_of)
    return len(moves)


def _hold(connection: Connection, also: Iterable[int]) -> None:
    connection.execute(
        text(
            "SELECT id FROM matter WHERE closed_at IS NULL"
            " AND (region_id IN (SELECT region_id FROM touched)"
            "  OR id IN (SELECT unnest(CAST(:also AS bigint[])))) ORDER BY id FOR UPDATE"
        ),
        {"also": list(also)},
    )


def _moved_by(connection: Connection, undone: Undone | None, as_of: AsOf) -> dict[int, Any]:
    """What held each open matter that an edition moved, by the matter's id."""
    if undone is None:
        return {}
    found = rows(
        connection,
        "matters_moved_by",
        edition=undone.edition,
        since=undone.activated_at,
        day=as_of.valid_on,
    )
    return {row.id: row for row in found}


def _back(row: Any, was: Any) -> _Move:
    """A matter back where it was, held as it was held there."""
    at = _Located(was.region_id, was.confident, was.edge_m)
    return _Move(row, was.region_id, Why.BACK, at, was.method)


def _moves(
    connection: Connection, found: Sequence[Any], as_of: AsOf, known: Mapping[Asked, _Answer]
) -> list[_Move]:
    ended = succession(connection, (row.region_id for row in found), as_of.valid_on)
    moves = []
    for row, at in zip(found, _locate(connection, found, as_of, known), strict=True):
        fixed = row.method in GIVEN
        holding = Holding(row.region_id, at.region_id, fixed, ended.get(row.region_id))
        holder, why = holder_after(holding)
        if holder is not None and holder != row.region_id:
            if why is not Why.PLACE:
                at = _Located(holder, sure=False)
            moves.append(_Move(row, holder, why, at, f"edition_{why}"))
    return moves


def _asked(row: Any) -> Asked:
    return row.lon, row.lat, DEFAULT_ACCURACY_M if row.accuracy_m is None else row.accuracy_m


def _answers(
    connection: Connection, found: Sequence[Any], as_of: AsOf, known: Mapping[Asked, _Answer]
) -> dict[Asked, _Answer]:
    """What locating says of every place that matters lie at; asked only where it isn't known."""
    rest = list(dict.fromkeys(one for one in map(_asked, found) if one not in known))
    if not rest:
        return dict(known)
    lon, lat, error = (np.array(column, dtype=float) for column in zip(*rest, strict=True))
    located = locate_many(connection, lon, lat, error, as_of)
    return dict(known) | {
        one: _Answer(
            {level: codes[n] for level, codes in located.codes.items()},
            located.confidence[n] >= CONFIDENT_SHARE,
            located.edge_m[n],
        )
        for n, one in enumerate(rest)
    }


def _locate(
    connection: Connection, found: Sequence[Any], as_of: AsOf, known: Mapping[Asked, _Answer]
) -> list[_Located]:
    """Where each lies today: a building's home if it was found by its building, else its point."""
    by_place = _answers(connection, found, as_of, known)
    answers = [by_place[_asked(row)] for row in found]
    codes = [one.codes.get(row.level) for row, one in zip(found, answers, strict=True)]
    named = {(row.level, code) for row, code in zip(found, codes, strict=True) if code}
    ids = region_ids(connection, named, as_of)
    return [
        _Located(row.home_id)
        if row.method == Found.BUILDING and row.level == GRID and row.home_id
        else _Located(ids.get((row.level, code or "")), answer.sure, answer.edge_m)
        for row, code, answer in zip(found, codes, answers, strict=True)
    ]


def _write(connection: Connection, moves: Sequence[_Move], edition: str, as_of: AsOf) -> None:
    now = as_of.known_at
    posts = responsible_for(connection, {one.region_id for one in moves}, now)
    names = _names(connection, moves, as_of)
    drop_temporary(connection, "rehomed")
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE rehomed (matter_id bigint, region_id bigint, method text,"
            " confident boolean, edge_m float8, post_id bigint, handler_id bigint, detail jsonb)"
            " ON COMMIT DROP"
        )
    )
    handlers: dict[tuple[str, int, int | None], int | None] = {}
    lines = []
    for one in moves:
        post = None if one.row.conduct else posts.get(one.region_id)
        handler_id = _handler(connection, one, handlers)
        lines.append(
            (
                one.row.id,
                one.region_id,
                one.method,
                one.at.sure,
                one.at.edge_m,
                post.post_id if post else None,
                handler_id,
                json.dumps(_detail(one, names, edition), ensure_ascii=False),
            )
        )
    columns = ("matter_id", "region_id", "method", "confident", "edge_m", "post_id", "handler_id")
    copy_rows(connection, "rehomed", (*columns, "detail"), lines)
    connection.execute(query("matters_rehome"), {"now": now, "day": as_of.valid_on})


def _handler(
    connection: Connection, one: _Move, known: dict[tuple[str, int, int | None], int | None]
) -> int | None:
    """The handler as it was; one that is only proposed is found anew for the new region."""
    row = one.row
    kept: int | None = row.handler_id
    waits = MatterState(row.state) in BEFORE_DISPATCH and not row.has_task
    if row.conduct or not waits or row.handler_kind is None:
        return kept
    asked = (row.handler_kind, one.region_id, row.building_id)
    if asked not in known:
        found = competent(connection, asked[0], asked[1], building_id=asked[2])
        known[asked] = found.id if found else None
    return known[asked]


def _names(
    connection: Connection, moves: Iterable[_Move], as_of: AsOf
) -> dict[int, tuple[str, str]]:
    """Code and name of every region that speaks, those that ended as they were called last."""
    ids = sorted({number for one in moves for number in (one.region_id, one.row.region_id)})
    found = ancestors(connection, ids, as_of)
    names = {one.id: (one.code, one.name or one.code) for one in found if one.code}
    gone = [number for number in ids if number not in names]
    last = rows(connection, "regions_last_called", ids=gone) if gone else []
    return names | {row.id: (row.code or "?", row.name or row.code or "?") for row in last}


def _detail(one: _Move, names: dict[int, tuple[str, str]], edition: str) -> dict[str, Any]:
    (was, was_name), (code, name) = names[one.row.region_id], names[one.region_id]
    values = {"edition": edition, "was": was_name, "now": name}
    reason = {"key": f"rehomed.{one.why}", "values": values}
    return {"from": was, "to": code, "edition": edition, "why": one.why, "reasons": [reason]}
