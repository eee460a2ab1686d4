"""What does a KML file say? Places with their names, their data, and their areas in WGS 84.

Read word by word with expat in the child process. A document type is refused: nobody needs one
here, and what it could define is how such files are made to explode. Links lead nowhere: they are
text. Of a place its polygons are read; points and lines beside them are not.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from data.sandbox import Limits
from gis.errors import BadFile

if TYPE_CHECKING:
    from data.text_files import Texts
    from data.vector_files import Wanted

KML_CRS: Final = "OGC:CRS84"  # the only one KML knows: WGS 84, longitude first
NAME: Final = "name"
_DATA: Final = ("SimpleData", "Data")  # <SchemaData><SimpleData name=…> and <Data name=…><value>
_MULTIPOLYGON, _POLYGON = 6, 3

Ring = list[float]  # lon, lat, lon, lat …


@dataclass(slots=True)
class _Place:
    texts: dict[str, str] = field(default_factory=dict)
    polygons: list[list[Ring]] = field(default_factory=list)


def read_kml(
    path: Path, wanted: Wanted, limits: Limits
) -> tuple[list[str], list[Texts], list[bytes | None]]:
    """Names and columns in the order wanted, and shapes as WKB, one entry a Placemark.

    Columns are the data of the places and `name`. Raises BadFile for what is no sound KML.
    """
    reader = _Reader(limits)
    try:
        with path.open("rb") as file:
            reader.parser.ParseFile(file)
    except (expat.ExpatError, ValueError):
        raise BadFile("error.file_damaged") from None
    there = list(dict.fromkeys(name for one in reader.places for name in one.texts))
    names = [there[place] for place in wanted.places(there)]
    columns: list[Texts] = [[one.texts.get(name) for one in reader.places] for name in names]
    return names, columns, [_wkb(one.polygons) for one in reader.places]


class _Reader:
    """Collects places while the parser goes through the file."""

    def __init__(self, limits: Limits) -> None:
        self.places: list[_Place] = []
        self._limits, self._vertices = limits, 0
        self._open: list[str] = []  # elements around the one that is read, local names
        self._text: list[str] = []
        self._column = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append

    def _refuse(self, *_: object) -> None:
        raise BadFile("error.file_damaged")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        local = element.rpartition(" ")[2]
        self._open.append(local)
        self._text.clear()
        if local == "Placemark":
            if len(self.places) == self._limits.rows:
                raise BadFile("error.file_too_many_rows", limit=self._limits.rows)
            self.places.append(_Place())
        elif local in _DATA:
            self._column = attributes.get("name", "")
        elif local == "Polygon" and "Placemark" in self._open:
            self.places[-1].polygons.append([])

    def _end(self, element: str) -> None:
        local = self._open.pop()
        text = "".join(self._text)
        self._text.clear()
        if "Placemark" not in self._open:
            return
        place = self.places[-1]
        if local == NAME and self._open[-1] == "Placemark":
            place.texts.setdefault(NAME, text)
        elif local == "SimpleData" or (local == "value" and self._open[-1] == "Data"):
            place.texts[self._column] = text
        elif local == "coordinates" and "Polygon" in self._open:
            place.polygons[-1].append(self._ring(text))

    def _ring(self, text: str) -> Ring:
        corners = [corner.split(",") for corner in text.split()]
        self._vertices += len(corners)
        if self._vertices > self._limits.vertices:
            raise BadFile("error.file_too_many_vertices", limit=self._limits.vertices)
        if any(len(corner) not in (2, 3) for corner in corners):
            raise BadFile("error.file_damaged")
        return [float(number) for corner in corners for number in corner[:2]]


def _wkb(polygons: Sequence[Sequence[Ring]]) -> bytes | None:
    """A multipolygon in little-endian WKB; the first ring of each polygon is the outer one."""
    if not polygons:
        return None
    made = [struct.pack("<BII", 1, _MULTIPOLYGON, len(polygons))]
    for rings in polygons:
        made.append(struct.pack("<BII", 1, _POLYGON, len(rings)))
        for ring in rings:
            made.append(struct.pack(f"<I{len(ring)}d", len(ring) // 2, *ring))
    return b"".join(made)
