"""The health of boundaries as files: a table for the desk, features for a map."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import shapely

from maps.faults import fault_words
from maps.sheets import Cell, as_cell, inert
from maps.words import say

if TYPE_CHECKING:
    from gis.model import Fault
    from gis.repairs import Repair

COLUMNS: Final = (
    "level", "key", "kind", "what", "codes", "m2", "lon", "lat", "note", "repair", "link",
)  # fmt: skip
WIDTHS: Final = (12, 15, 18, 70, 36, 12, 12, 12, 9, 44, 60)
ZOOM: Final = 17  # what a link to a fault shows: some streets


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault of one level as files and pages show it, with its key and what would mend it."""

    level: str
    key: str
    fault: Fault
    repair: Repair | None = None


def repair_words(language: str, repair: Repair) -> str:
    """What a repair would do, in one sentence."""
    how = "mend" if not repair.parted and not repair.to else "clip"
    if repair.to:
        how = "part" if repair.fault.kind.value == "overlap" else "give"
    m2 = f"{repair.m2:,.2f}"
    parted = ", ".join(repair.parted)
    return say(language, f"audit.repair.{how}", m2=m2, to=repair.to, parted=parted)


def link_to(line: FaultLine) -> str:
    """The place on the map of regions; the region itself where a fault has no place."""
    fault = line.fault
    address = f"/?level={quote(line.level)}"
    if fault.codes and fault.kind.value not in ("gap", "member_without_post"):
        address += f"&code={quote(fault.codes[0])}"
    if fault.lon is not None and fault.lat is not None:
        address += f"&map={ZOOM}/{fault.lat:.6f}/{fault.lon:.6f}"
    return address


def audit_csv(lines: Sequence[FaultLine], language: str) -> bytes:
    """A row a fault: UTF-8 with a mark for Excel; no text becomes a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_heads(language))
    writer.writerows([inert(cell) for cell in _row(line, language)] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def audit_xlsx(lines: Sequence[FaultLine], language: str) -> bytes:
    """The same as a workbook."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(say(language, "audit.sheet"))
    for letter, width in zip("ABCDEFGHIJK", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    sheet.append([as_cell(sheet, head, bold=True) for head in _heads(language)])
    for line in lines:
        sheet.append([as_cell(sheet, cell) for cell in _row(line, language)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def audit_geojson(lines: Sequence[FaultLine], language: str) -> bytes:
    """A feature a fault: its ground, else the point to look at, else no geometry."""
    features = [_feature(line, language) for line in lines]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def repairs_geojson(repairs: Mapping[str, Repair], language: str) -> bytes:
    """A feature a repair, by the fault's key: the outlines of the regions that it gives a shape."""
    features = [
        {
            "type": "Feature",
            "id": key,
            "geometry": json.loads(shapely.to_geojson(_outlines(repair))),
            "properties": {
                "key": key,
                "codes": sorted(repair.shapes),
                "what": repair_words(language, repair),
            },
        }
        for key, repair in repairs.items()
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def _outlines(repair: Repair) -> shapely.MultiLineString:
    parts = [part for shape in repair.shapes.values() for part in shapely.get_parts(shape.boundary)]
    return shapely.MultiLineString(parts)


def _feature(line: FaultLine, language: str) -> Mapping[str, object]:
    fault = line.fault
    geometry = None
    if fault.ground is not None:
        geometry = json.loads(shapely.to_geojson(fault.ground))
    elif fault.lon is not None:
        geometry = {"type": "Point", "coordinates": [fault.lon, fault.lat]}
    facts = dict(zip(COLUMNS, _row(line, language), strict=True))
    facts["kind"] = fault.kind.value
    facts["note"] = fault.tolerated
    return {"type": "Feature", "id": line.key, "geometry": geometry, "properties": facts}


def _heads(language: str) -> list[Cell]:
    return [say(language, f"audit.column.{name}") for name in COLUMNS]


def _row(line: FaultLine, language: str) -> list[Cell]:
    fault = line.fault
    return [
        line.level,
        line.key,
        say(language, f"audit.kind.{fault.kind.value}"),
        fault_words(language, fault),
        ", ".join(fault.codes),
        None if fault.m2 is None else round(fault.m2, 2),
        fault.lon,
        fault.lat,
        say(language, "audit.yes") if fault.tolerated else "",
        repair_words(language, line.repair) if line.repair else "",
        link_to(line),
    ]
