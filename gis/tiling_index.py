"""Which region of one level covers a place? A million places in the blink of an eye.

The rule is that of the SQL way: planar, the edge counts as covered, the lowest code wins (byte by
byte), then the lowest id. Holes, several parts, enclaves, gaps and overlaps are all welcome. What
is asked once a million times is worked out before: `tiling_build` says how, `tiling_kernel` why the
answer is exact, `tiling_file` how an index is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.errors import BadInput
from gis.tiling_build import Cells, Extents, build_cells, corners_of, extents_of, frame_of
from gis.tiling_file import LAYOUT, Stamp, read_tiling, write_tiling
from gis.tiling_kernel import NOBODY, locate_all, locate_one
from gis.tiling_patch import Regions, patch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gis.tiling_kernel import Degrees, Ids, Words

__all__ = ["NOBODY", "Stamp", "TilingIndex"]


@dataclass(frozen=True, slots=True)
class TilingIndex:
    """The index of one level in one boundary state. Made by `build`, `renewed` or `read`.

    `ids` are region ids in order of rank; frame, cells and stream are `tiling_kernel.locate_all`'s.
    Of each region `marks` says which code and shape it had, `boxes` and `edges` its extents.
    Nothing in it ever changes, so threads may share it.
    """

    stamp: Stamp
    ids: Ids
    marks: Ids
    boxes: Words
    edges: Words
    frame: Ids
    cells: Words
    stream: Words

    @classmethod
    def build(
        cls,
        shapes: NDArray[np.object_],
        codes: Sequence[str],
        ids: Sequence[int],
        stamp: Stamp,
        marks: Sequence[int] | None = None,
    ) -> TilingIndex:
        """Index (multi)polygons, one a region: EPSG:4490, valid, on the lattice; in any order.

        Ids are not negative. An empty shape covers nothing. `marks` are what `renewed` knows a
        region with the same code and shape by. Raises `error.tiling_too_large`: see `corners_of`
        and `build_cells`.
        """
        if not len(shapes) == len(codes) == len(ids):
            raise BadInput("error.tiling_lengths")
        order = _ranking(codes, ids)
        corners = corners_of(np.asarray(shapes, dtype=object)[order])
        extents = extents_of(corners, len(order))
        made = build_cells(corners, frame_of(extents))
        return cls._made(stamp, _ranked(ids, marks, order), extents, made)

    def renewed(
        self,
        codes: Sequence[str],
        ids: Sequence[int],
        marks: Sequence[int],
        stamp: Stamp,
        shapes_of: Callable[[list[int]], NDArray[np.object_]],
    ) -> TilingIndex | None:
        """The index of other regions out of this one, the very same as `build` would make of them.

        Only the land around what changed is worked out: `shapes_of` is asked for the shapes of
        regions by their ids. None where that isn't less work: then build.
        """
        order = _ranking(codes, ids)
        now = _ranked(ids, marks, order)
        made = patch(
            Regions(self.ids, self.marks),
            Extents(self.boxes.reshape(-1, 4), self.edges),
            Cells(self.frame, self.cells, self.stream),
            now,
            lambda places: shapes_of(now.ids[places].tolist()),
        )
        return None if made is None else self._made(stamp, now, made[1], made[0])

    @classmethod
    def _made(cls, stamp: Stamp, regions: Regions, extents: Extents, made: Cells) -> TilingIndex:
        arrays = (
            regions.ids, regions.marks, extents.boxes.ravel(), extents.edges,
            made.frame, made.cells, made.stream,
        )  # fmt: skip
        for array in arrays:
            array.flags.writeable = False
        return cls(stamp, *arrays)

    def locate(self, lon: Degrees, lat: Degrees) -> Ids:
        """The id of the region that each place belongs to, `NOBODY` in a gap or outside.

        Degrees, EPSG:4490; rounded to the lattice first, so that an edge is an edge. NaN and
        infinity are nobody's.
        """
        if len(lon) != len(lat):
            raise BadInput("error.tiling_lengths")
        found = np.empty(len(lon), np.int64)
        places = (_fixed(lon), _fixed(lat))
        locate_all(*places, self.frame, self.cells, self.stream, self.ids, found)
        return found

    def locate_one(self, lon: float, lat: float) -> int:
        """What `locate` says of a single place, at a tenth of what one costs it."""
        return locate_one(lon, lat, self.frame, self.cells, self.stream, self.ids)

    def write(self, path: Path) -> None:
        """Keep the index as a file: whole and flushed to disk before it bears its name."""
        write_tiling(path, self.stamp, self._arrays())

    @classmethod
    def read(cls, path: Path) -> TilingIndex:
        """Open a file that `write` made, shared with other processes, nothing copied.

        The sum of the whole file is checked first. Raises `error.tiling_file` for any other file:
        cut short, changed, from another version.
        """
        stamp, arrays = read_tiling(path)
        return cls(stamp, **arrays)

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        return {name: getattr(self, name) for name in LAYOUT}


def _ranking(codes: Sequence[str], ids: Sequence[int]) -> list[int]:
    """Places in order of rank: by code, byte by byte, then by id."""
    keys = [(code.encode(), number) for code, number in zip(codes, ids, strict=True)]
    return sorted(range(len(ids)), key=keys.__getitem__)


def _ranked(ids: Sequence[int], marks: Sequence[int] | None, order: list[int]) -> Regions:
    marked = np.zeros(len(ids), np.int64) if marks is None else np.asarray(marks, dtype=np.int64)
    return Regions(np.asarray(ids, dtype=np.int64)[order], marked[order])


def _fixed(degrees: Degrees) -> Degrees:
    """As the kernel takes it: doubles one after another, not to be written to."""
    view = np.ascontiguousarray(degrees, dtype=np.float64).view()
    view.flags.writeable = False
    return view
