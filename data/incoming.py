"""What is inside the file or folder that someone gave us?

Everything is copied, unpacked and named anew into a private folder first: what the readers open
can't change under them, has no neighbours it could pull in, and its name means nothing. What a
file is, its first bytes say, never its ending.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from data.sandbox import Limits
from gis.errors import BadFile

SHAPEFILE_PARTS: Final = (".cpg", ".dbf", ".prj", ".shp", ".shx")
SINGLE_FILES: Final = (".csv", ".fgb", ".geojson", ".gpkg", ".json", ".kml", ".parquet")
WORKBOOK: Final = "xl/workbook.xml"  # what makes a zip a spreadsheet
PBF_HEAD: Final = b"\x0a\x09OSMHeader"  # behind the length of the first block, 4 bytes
BLOCK: Final = 1024 * 1024
_FREE_UNPACKING: Final = 64 * BLOCK  # below this nobody asks how far a file was packed

_BROKEN: Final = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a way of packing that Python doesn't know
)


@dataclass(frozen=True, slots=True)
class Found:
    """One readable data set: what to call it, what it is, and where its private copy lies."""

    label: str
    kind: str  # csv, fgb, geojson, gpkg, kml, osm, parquet, pbf, shp or xlsx
    path: Path


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    open: Callable[[], IO[bytes]]


def bring_in(source: Path, folder: Path, limits: Limits) -> list[Found]:
    """Copy or unpack `source` (a file, a zip or gzip, a folder of shapefiles) into `folder`.

    Returns the data sets in it, by label. Raises BadFile when there is none, when it is locked,
    broken, too large or packed too tightly.
    """
    if source.is_dir():
        members, packed = _folder_members(source), _size_of_parts(source.iterdir())
    elif source.suffix.lower() == ".shp":
        members, packed = _shapefile_members(source), _size_of_parts(_siblings(source))
    else:
        packed = source.stat().st_size
        if packed == 0:
            raise BadFile("error.file_empty")
        members = _file_members(source, limits)
    if packed > limits.file_bytes:
        raise BadFile("error.file_too_large", megabytes=limits.file_bytes // 1024**2)
    try:
        found = _take(members, folder, _Budget(packed, limits))
    except _BROKEN:
        raise BadFile("error.file_damaged") from None
    if not found:
        raise BadFile("error.file_folder" if source.is_dir() else "error.file_kind")
    return sorted(found, key=lambda one: one.label)


def is_osm(source: Path) -> bool:
    """Whether a file is OpenStreetMap's, by its first bytes: .osm.pbf or .osm, not packed."""
    if not source.is_file():
        return False
    with source.open("rb") as file:
        head = file.read(4096)
    return head[4:15] == PBF_HEAD or is_osm_xml(head)


def is_osm_xml(head: bytes) -> bool:
    """Whether the first bytes are those of an .osm file."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and b"<osm" in head


def sum_of(source: Path) -> str:
    """The SHA-256 of a file; of a shapefile or a folder, that of its parts in order of name."""
    if source.is_dir():
        parts = sorted(part for part in source.iterdir() if part.is_file())
    elif source.suffix.lower() == ".shp":
        parts = sorted(_siblings(source))
    else:
        return _file_sum(source)
    whole = hashlib.sha256()
    for part in parts:
        if part.suffix.lower() in SHAPEFILE_PARTS:
            whole.update(f"{part.suffix.lower()} {_file_sum(part)}\n".encode())
    return whole.hexdigest()


def _file_sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- what lies there ----------------------------------------------------------------------------


def _siblings(shp: Path) -> list[Path]:
    """The parts of one shapefile: same folder, same name, any case of the endings."""
    return [
        part
        for part in shp.parent.iterdir()
        if part.stem == shp.stem and part.suffix.lower() in SHAPEFILE_PARTS and part.is_file()
    ]


def _size_of_parts(paths: Iterable[Path]) -> int:
    return sum(p.stat().st_size for p in paths if p.suffix.lower() in SHAPEFILE_PARTS)


def _folder_members(folder: Path) -> list[_Member]:
    shps = (p for p in folder.iterdir() if p.suffix.lower() == ".shp" and p.is_file())
    return [member for shp in shps for member in _shapefile_members(shp)]


def _shapefile_members(shp: Path) -> list[_Member]:
    return [_Member(part.name, _opener(part)) for part in _siblings(shp)]


def _gzip_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: cast(IO[bytes], gzip.open(path, "rb"))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _file_members(source: Path, limits: Limits) -> list[_Member]:
    with source.open("rb") as file:
        head = file.read(4)
    if head.startswith(b"PK"):
        return _zip_members(source, limits)
    if head.startswith(b"\x1f\x8b"):
        return [_Member(source.name.removesuffix(".gz"), _gzip_opener(source))]
    for tail in ("-wal", "-journal"):
        beside = source.with_name(source.name + tail)
        if beside.is_file() and beside.stat().st_size > 0:
            raise BadFile("error.file_open_elsewhere")
    return [_Member(source.name, _opener(source))]


def _zip_members(source: Path, limits: Limits) -> list[_Member]:
    try:
        archive = zipfile.ZipFile(source)
    except _BROKEN:
        raise BadFile("error.file_damaged") from None
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename == WORKBOOK for info in infos):
        return [_workbook(source, infos, limits)]
    if len(infos) > limits.members:
        raise BadFile("error.file_too_many_members", limit=limits.members)
    members = []
    for info in infos:
        name = PurePosixPath(_zip_name(info).replace("\\", "/"))
        wanted = name.suffix.lower() in SHAPEFILE_PARTS + SINGLE_FILES
        if not wanted or name.name.startswith("._") or "__MACOSX" in name.parts:
            continue
        if info.flag_bits & 0x1:
            raise BadFile("error.file_password")
        members.append(_Member(str(name), partial(archive.open, info)))
    return members


def _workbook(source: Path, infos: Iterable[zipfile.ZipInfo], limits: Limits) -> _Member:
    """A spreadsheet is a zip that stays packed: its reader unpacks it, so it is weighed here."""
    budget = _Budget(source.stat().st_size, limits)
    for info in infos:
        budget.spend(info.file_size)
    return _Member(f"{source.stem}.xlsx", _opener(source))


def _zip_name(info: zipfile.ZipInfo) -> str:
    """A member's name: UTF-8 where it says so, else what Chinese Windows writes."""
    if info.flag_bits & 0x800:
        return info.filename
    raw = info.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


# ---- the private copies -------------------------------------------------------------------------


class _Budget:
    """How many bytes may still be written, and when unpacking becomes suspicious."""

    def __init__(self, packed: int, limits: Limits) -> None:
        tight = max(_FREE_UNPACKING, packed * limits.unpacked_ratio)
        self.left = min(limits.unpacked_bytes, tight)
        self.megabytes = self.left // 1024**2

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise BadFile("error.file_too_large", megabytes=self.megabytes)


def _take(members: Iterable[_Member], folder: Path, budget: _Budget) -> list[Found]:
    """Copy members under names of our own; parts of one shapefile share a stem."""
    stems: dict[str, str] = {}
    found: list[Found] = []
    for member in members:
        name = PurePosixPath(member.name)
        ending = name.suffix.lower()
        if ending in SHAPEFILE_PARTS:
            group = str(name.with_suffix("")).casefold()
            target = folder / f"{stems.setdefault(group, f'shape{len(stems)}')}{ending}"
        else:
            target = folder / f"single{len(found)}"
        _copy(member, target, budget)
        if ending == ".shp" or ending not in SHAPEFILE_PARTS:
            found.extend(_recognised(name, target))
    return found


def _copy(member: _Member, target: Path, budget: _Budget) -> None:
    with member.open() as reader, target.open("wb") as writer:
        while block := reader.read(BLOCK):
            budget.spend(len(block))
            writer.write(block)


def _recognised(name: PurePosixPath, path: Path) -> Iterator[Found]:
    with path.open("rb") as file:
        head = file.read(4096)
    kind = _kind(head, name.suffix.lower())
    if kind is None:
        return
    if kind != "shp":  # the libraries want the usual ending
        path = path.rename(path.with_suffix(f".{kind}"))
    yield Found(name.stem, kind, path)


def _kind(head: bytes, ending: str) -> str | None:
    if head.startswith(b"PK"):
        return "xlsx" if ending == ".xlsx" else None
    if head.startswith(b"SQLite format 3\x00"):
        return "gpkg"
    if head.startswith(b"fgb") and head[4:7] == b"fgb":
        return "fgb"
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shp" if ending == ".shp" else None
    if head.startswith(b"PAR1"):
        return "parquet"
    if head[4:15] == PBF_HEAD:
        return "pbf"
    if is_osm_xml(head):
        return "osm"
    if ending == ".csv":
        return "csv" if b"\x00" not in head else None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "geojson"
    if text.startswith(b"<") and b"<kml" in text:
        return "kml"
    return None
