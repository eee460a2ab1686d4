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
from gis.tiling_build import build_cells
from gis.tiling_file import Stamp, read_tiling, write_tiling
from gis.tiling_kernel import NOBODY, locate_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gis.tiling_kernel import Degrees, Ids, Words

__all__ = ["NOBODY", "Stamp", "TilingIndex"]


@dataclass(frozen=True, slots=True)
class TilingIndex:
    """The index of one level in one boundary state. Made by `build` or `read`.

    `ids` are region ids in order of rank; the other arrays are `tiling_kernel.locate_all`'s.
    Nothing in it ever changes, so threads may share it.
    """

    stamp: Stamp
    ids: Ids
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
    ) -> TilingIndex:
        """Index (multi)polygons, one a region: EPSG:4490, valid, on the lattice; in any order.

        Ids are not negative. An empty shape covers nothing. See `build_cells` for what it raises.
        """
        if not len(shapes) == len(codes) == len(ids):
            raise BadInput("error.tiling_lengths")
        order = sorted(range(len(ids)), key=lambda n: (codes[n].encode(), ids[n]))
        made = build_cells(np.asarray(shapes, dtype=object)[order])
        ranked = np.asarray(ids, dtype=np.int64)[order]
        arrays = (ranked, made.frame, made.cells, made.stream)
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
        return {
            "ids": self.ids,
            "frame": self.frame,
            "cells": self.cells,
            "stream": self.stream,
        }


def _fixed(degrees: Degrees) -> Degrees:
    """As the kernel takes it: doubles one after another, not to be written to."""
    view = np.ascontiguousarray(degrees, dtype=np.float64).view()
    view.flags.writeable = False
    return view
