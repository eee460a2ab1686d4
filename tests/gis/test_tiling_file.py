from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from gis import whole_files
from gis.errors import BadFile
from gis.tiling_index import Stamp, TilingIndex
from tests.tiling import tiling
from tests.tiling_referee import hard_places

STAMP = Stamp("grid", 41, date(2026, 1, 1), date(2026, 12, 1))


@pytest.fixture(scope="module")
def grids():
    return tiling(4, 4)


@pytest.fixture(scope="module")
def index(grids):
    return TilingIndex.build(grids, [f"{n:02}" for n in range(16)], range(100, 116), STAMP)


def test_a_file_answers_as_the_index_it_was_written_from(tmp_path, grids, index):
    index.write(tmp_path / "grid.tiles")
    read = TilingIndex.read(tmp_path / "grid.tiles")
    lon, lat = hard_places(grids, 500, np.random.default_rng(1))
    assert read.stamp == STAMP
    assert np.array_equal(read.locate(lon, lat), index.locate(lon, lat))


def test_an_index_that_is_read_lies_in_the_file_and_is_shared(tmp_path, index):
    index.write(tmp_path / "grid.tiles")
    read = TilingIndex.read(tmp_path / "grid.tiles")
    maps = Path("/proc/self/maps").read_text().splitlines()
    mapped = [line.split() for line in maps if line.endswith(str(tmp_path / "grid.tiles"))]
    spans = [[int(end, 16) for end in line[0].split("-")] for line in mapped]
    assert {line[1] for line in mapped} == {"r--s"}
    for array in (read.ids, read.cells, read.stream):
        assert any(begin <= array.ctypes.data < end for begin, end in spans)


def test_a_file_cut_short_is_refused(tmp_path, index):
    index.write(tmp_path / "grid.tiles")
    whole = (tmp_path / "grid.tiles").read_bytes()
    for length in (0, 7, 8, 40, 48, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.tiles").write_bytes(whole[:length])
        with pytest.raises(BadFile, match="tiling_file"):
            TilingIndex.read(tmp_path / "cut.tiles")


def test_a_file_with_one_byte_changed_or_added_is_refused(tmp_path, index):
    index.write(tmp_path / "grid.tiles")
    whole = (tmp_path / "grid.tiles").read_bytes()
    for place in [*range(0, 300, 13), len(whole) // 2, len(whole) - 1]:
        changed = bytearray(whole)
        changed[place] ^= 1
        (tmp_path / "changed.tiles").write_bytes(changed)
        with pytest.raises(BadFile, match="tiling_file"):
            TilingIndex.read(tmp_path / "changed.tiles")
    (tmp_path / "longer.tiles").write_bytes(whole + b"\0")
    with pytest.raises(BadFile, match="tiling_file"):
        TilingIndex.read(tmp_path / "longer.tiles")


def test_a_reader_keeps_what_it_reads_when_the_file_is_replaced(tmp_path, grids, index):
    path = tmp_path / "grid.tiles"
    index.write(path)
    old = TilingIndex.read(path)
    lon, lat = hard_places(grids, 500, np.random.default_rng(1))
    before = old.locate(lon, lat)
    TilingIndex.build(grids[:1], ["0"], [7], Stamp("grid", 42)).write(path)
    assert np.array_equal(old.locate(lon, lat), before)
    assert TilingIndex.read(path).stamp.boundary_version == 42


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, index, monkeypatch):
    path = tmp_path / "grid.tiles"
    index.write(path)
    whole = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        index.write(path)
    assert [one.name for one in tmp_path.iterdir()] == ["grid.tiles"]
    assert path.read_bytes() == whole


def test_nothing_can_be_written_into_an_index(tmp_path, index):
    index.write(tmp_path / "grid.tiles")
    for one in (index, TilingIndex.read(tmp_path / "grid.tiles")):
        for array in (one.ids, one.frame, one.cells, one.stream):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
