from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gis import tiling_compile
from gis.tiling_compile import compiled, kept_in


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A folder of sources of its own, and a home of its own."""
    folder = tmp_path / "gis"
    folder.mkdir()
    (folder / "tiling_one.py").write_text("ROOM = 1")
    monkeypatch.setattr(tiling_compile, "__file__", str(folder / "tiling_compile.py"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    kept_in.cache_clear()
    yield folder
    kept_in.cache_clear()


def test_a_change_in_any_file_of_the_index_leaves_the_old_code_behind(source):
    before = kept_in()
    kept_in.cache_clear()
    (source / "tiling_one.py").write_text("ROOM = 2")
    assert kept_in() != before


def test_code_is_kept_with_the_user_where_the_source_is_closed(source):
    (source / "__pycache__").write_text("not a folder")
    assert kept_in().parent == Path("~/.cache/wangge").expanduser()


def test_a_kernel_runs_where_nothing_can_be_kept(source, tmp_path):
    (source / "__pycache__").write_text("not a folder")
    (tmp_path / "home").write_text("not a folder")
    assert kept_in() is None

    def twice(number: int) -> int:
        return 2 * number

    assert compiled(twice)(21) == 42


def test_a_compiler_is_loaded_at_the_first_call_and_not_before():
    asked = (
        "import sys, numpy\n"
        "import gis.tiling_index, gis.nearest_shapes\n"
        "assert 'numba' not in sys.modules\n"
        "from gis.tiling_kernel import turn_of\n"
        "assert turn_of(0, 0, 0, 2, 1, 1) == -1\n"
        "assert 'numba' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", asked], check=True)
