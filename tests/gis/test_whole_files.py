"""A file appears whole or not at all, also where its writer is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gis import whole_files
from gis.whole_files import sweep, written_whole

WRITER = """
import sys, time
from pathlib import Path
from gis.whole_files import written_whole
with written_whole(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path: Path):
    """A process that has written half of the file `out` and waits."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "out")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    yield process
    process.kill()
    process.communicate()


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def write(path: Path, what: bytes) -> None:
    with written_whole(path) as file:
        file.write(what)


def test_what_a_killed_writer_left_is_swept_by_the_next_one(tmp_path, writer):
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(names(tmp_path)) == 1  # the half file, hidden

    write(tmp_path / "out", b"whole")

    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out").read_bytes() == b"whole"


def test_what_a_living_writer_is_writing_is_left_alone(tmp_path, writer):
    write(tmp_path / "out", b"mine")
    assert len(names(tmp_path)) == 2

    writer.communicate(b"")

    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out").read_bytes() == b"half"


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    write(tmp_path / "out", b"old")
    with pytest.raises(TypeError), written_whole(tmp_path / "out") as file:
        file.write("no bytes")
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out").read_bytes() == b"old"


def test_files_of_others_are_not_swept(tmp_path):
    for name in (".out.part", "out.wangge-part", ".other.1a2b.wangge-part", ".out.wangge-part.txt"):
        (tmp_path / name).write_bytes(b"")
    assert sweep(tmp_path / "out") == 0
    assert len(names(tmp_path)) == 4


def test_permissions_are_those_of_any_new_file_or_those_given(tmp_path):
    (tmp_path / "any").touch()
    write(tmp_path / "out", b"")
    with written_whole(tmp_path / "some", 0o640):
        pass
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "any").stat().st_mode
    assert (tmp_path / "some").stat().st_mode & 0o777 == 0o640


def test_a_file_is_on_the_disk_before_it_bears_its_name_and_its_name_afterwards(
    tmp_path, monkeypatch
):
    kept, seen = whole_files.os.fsync, []

    def note(descriptor: int) -> None:
        flushed = Path(f"/proc/self/fd/{descriptor}").resolve()
        whole = (tmp_path / "out").exists()
        seen.append((flushed == tmp_path, whole, flushed.stat().st_size if not whole else None))
        kept(descriptor)

    monkeypatch.setattr(whole_files.os, "fsync", note)
    write(tmp_path / "out", b"whole")

    assert seen == [(False, False, 5), (True, True, None)]
