"""Codes alone for places by the million: the owners that `locate_many` names, nothing measured.

An index of the deepest drawn level of each ladder, and of each overlay, is made once for a file and
asked again and again. A place that no region there covers is left to the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from gis.store import regions
from gis.store.database import rows
from gis.store.levels import all_levels
from gis.store.locating_many import Ladder, all_ladders, chains_of_many
from gis.store.tilings import boundary_state_now, chains, speaks_for, tiling_on
from gis.tiling_index import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import AsOf, Level
    from gis.store.tilings import BoundaryState, Chain
    from gis.tiling_index import TilingIndex

LEAST_PLACES: Final = 5_000
PLACES_A_REGION: Final = 2

Degrees: TypeAlias = "NDArray[np.float64]"
Codes: TypeAlias = "dict[str, NDArray[np.object_]]"


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """The index of one ladder. `codes` by level: of the region at each place of `ids`, which is
    sorted, and None at the end, for nobody.
    """

    ladder: int
    tiling: TilingIndex
    ids: NDArray[np.int64]
    codes: Codes


def index_codes(
    connection: Connection, as_of: AsOf, kept: TilingIndex | None = None
) -> list[CodeIndex]:
    """An index for every ladder with a drawn level, as it stood and was known then.

    `kept`, the one the service answers from, is taken where it speaks for that day.
    """
    while True:
        state = boundary_state_now(connection)
        made = _indexes(connection, as_of, kept, state)
        if boundary_state_now(connection) == state:
            return made


def enough_for_index(connection: Connection, as_of: AsOf) -> int:
    """After so many places the database has cost what making the indexes of a day costs."""
    shapes = sum(one.shapes for one in regions.level_counts(connection, as_of).values())
    return max(LEAST_PLACES, PLACES_A_REGION * shapes)


def codes_of_all(
    connection: Connection, lon: Degrees, lat: Degrees, as_of: AsOf
) -> dict[str, list[str | None]]:
    """`codes_of_many` by the quicker way for so many places at once: indexes made for them, or the
    database.
    """
    pays = len(lon) >= LEAST_PLACES and len(lon) >= enough_for_index(connection, as_of)
    indexes = index_codes(connection, as_of) if pays else []
    return codes_of_many(connection, lon, lat, as_of, indexes)


def _indexes(
    connection: Connection, as_of: AsOf, kept: TilingIndex | None, state: BoundaryState
) -> list[CodeIndex]:
    drawn = {row.level_id for row in rows(connection, "levels_with_shapes")}
    made = []
    for ladder in all_ladders(all_levels(connection)):
        rungs = [rung for rung in ladder.rungs if rung.id in drawn]
        if rungs:
            fits = kept is not None and _fits(kept, rungs[0], state, as_of)
            tiling = kept if kept and fits else tiling_on(connection, rungs[0], as_of)
            made.append(_coded(ladder, tiling, chains(connection, rungs[0], as_of)))
    return made


def codes_of_many(
    connection: Connection,
    lon: Degrees,
    lat: Degrees,
    as_of: AsOf,
    indexes: Sequence[CodeIndex] = (),
) -> dict[str, list[str | None]]:
    """The codes of the regions that each place belongs to, by level: those of `locate_many`.

    Degrees, EPSG:4490; NaN is outside. A ladder without an index is left to the database.
    """
    levels, known = all_levels(connection), {one.ladder: one for one in indexes}
    codes: Codes = {one.code: np.full(len(lon), None, dtype=object) for one in levels}
    for ladder in all_ladders(levels):
        open_ = np.isfinite(lon) & np.isfinite(lat)
        if (index := known.get(ladder.number)) is not None:
            owners = index.tiling.locate(lon, lat)
            _say(codes, index, owners)
            open_ &= (owners == NOBODY) & ladder.has_gaps
        _ask(connection, codes, lon, lat, np.flatnonzero(open_), ladder, as_of)
    return {level: said.tolist() for level, said in codes.items()}


def _fits(kept: TilingIndex, level: Level, state: BoundaryState, as_of: AsOf) -> bool:
    """Does the index speak for the day, in a boundary state that was known by then?"""
    known = state.changed_at <= as_of.known_at
    return known and speaks_for(kept.stamp, level, state, as_of.valid_on)


def _coded(ladder: Ladder, tiling: TilingIndex, said: dict[int, Chain]) -> CodeIndex:
    ids = np.sort(tiling.ids)
    levels = sorted({level for chain in said.values() for level, _code, _name in chain})
    codes: Codes = {level: np.full(len(ids) + 1, None, dtype=object) for level in levels}
    for place, number in enumerate(ids.tolist()):
        for level, code, _name in said[number]:
            codes[level][place] = code
    return CodeIndex(ladder.number, tiling, ids, codes)


def _say(codes: Codes, index: CodeIndex, owners: NDArray[np.int64]) -> None:
    """Write down the codes of the owners where none is said yet."""
    places = np.where(owners == NOBODY, len(index.ids), np.searchsorted(index.ids, owners))
    for level, of in index.codes.items():
        unsaid = np.array([code is None for code in codes[level]], dtype=bool)
        codes[level][unsaid] = of[places[unsaid]]


def _ask(
    connection: Connection,
    codes: Codes,
    lon: Degrees,
    lat: Degrees,
    rest: NDArray[np.intp],
    ladder: Ladder,
    as_of: AsOf,
) -> None:
    """The same by the database, for some of the places."""
    if not len(rest):
        return
    found = chains_of_many(connection, lon[rest], lat[rest], ladder, as_of)
    ids = {number for _place, chain in found for number in chain}
    known = {one.id: one for one in regions.ancestors(connection, sorted(ids), as_of)}
    for place, chain in found:
        for number in chain:
            one = known[number]
            if codes[one.level][rest[place]] is None:
                codes[one.level][rest[place]] = one.code
