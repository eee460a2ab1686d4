"""《网格归属核查单》 on one page of A4: the statement in words, a small map, sum and signature.

The page is a picture of the statement; what is signed is the statement's JSON. The same statement
gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from gis.coordinates import metres_per_degree
from maps import theme
from maps.ownership_map import reach_of
from maps.pdf_fonts import chinese_font_file, drawable, registered
from maps.words import say, words

if TYPE_CHECKING:
    from gis.ownership import RegionStated, SignedStatement, Statement

WIDTH, HEIGHT = A4
MARGIN: Final = 20 * mm
LABEL_WIDTH: Final = 32 * mm
MAP_SIDE: Final = 76 * mm
LINE: Final = 15.0  # points from one line of a table to the next
NEIGHBOURS_SHOWN: Final = 8
FAULTS_SHOWN: Final = 3
OWNER_TINT: Final = "#cfe0f1"
Feature = dict[str, Any]


class _Pen:
    """A canvas that goes down the page and writes only what its font has."""

    def __init__(self, canvas: Canvas, font: str) -> None:
        self.canvas, self.font, self.y = canvas, font, HEIGHT - MARGIN

    def write(self, text: str, x: float, size: float, *, right: bool = False) -> None:
        self.canvas.setFont(self.font, size)
        put = self.canvas.drawRightString if right else self.canvas.drawString
        put(x, self.y, drawable(text, self.font))

    def lines(self, text: str, size: float, width: float) -> Iterator[str]:
        """The text in lines that fit a width in points, broken between any two letters."""
        line = ""
        for letter in drawable(text, self.font):
            if line and stringWidth(line + letter, self.font, size) > width:
                yield line
                line = ""
            line += letter
        yield line


def ownership_pdf(
    signed: SignedStatement,
    shapes: Sequence[Feature],
    *,
    language: str,
    review_no: str | None = None,
    font: Path | None = None,
) -> bytes:
    """The page as PDF. `shapes` are features of the owner's level around the place, degrees.

    Raises Unavailable when no font for Chinese is on this machine.
    """
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, lang=language)
    pen = _Pen(canvas, registered(chinese_font_file(font)))
    _head(pen, signed.statement, language)
    _facts(pen, signed.statement, language)
    top = pen.y
    _map(pen, signed.statement, shapes, top)
    _neighbours(pen, signed.statement, language, top)
    pen.y = top - MAP_SIDE - 6 * mm
    _map_note(pen, language, review_no)
    _proof(pen, signed, language)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(pen: _Pen, statement: Statement, language: str) -> None:
    canvas = pen.canvas
    canvas.setTitle(f"{statement.title} {statement.place.lon},{statement.place.lat}")
    canvas.setSubject(statement.notice)
    canvas.setAuthor("Wangge")
    pen.y -= 14
    pen.write(f"《{statement.title}》", MARGIN, 20)
    if language == "en":
        pen.write(say(language, "ownership.title"), WIDTH - MARGIN, 11, right=True)
    notices = [statement.notice]
    if language == "en":
        notices.append(say(language, "ownership.notice"))
    canvas.setStrokeColor(HexColor(theme.MAJOR))
    canvas.setFillColor(HexColor(theme.MAJOR))
    pen.y -= 24
    canvas.rect(
        MARGIN, pen.y - 6 - LINE * (len(notices) - 1), WIDTH - 2 * MARGIN, 5 + LINE * len(notices)
    )
    for notice in notices:
        pen.write(notice, MARGIN + 6, 11)
        pen.y -= LINE
    canvas.setFillColor(HexColor(theme.LABEL))
    pen.y -= 11


def _facts(pen: _Pen, statement: Statement, language: str) -> None:
    width = WIDTH - 2 * MARGIN - LABEL_WIDTH
    for key, value in rows_of(statement, language):
        pen.canvas.setFillColor(HexColor(theme.DIMMED))
        pen.write(say(language, f"ownership.{key}"), MARGIN, 9.5)
        pen.canvas.setFillColor(HexColor(theme.LABEL))
        for line in pen.lines(value, 10.5, width):
            pen.write(line, MARGIN + LABEL_WIDTH, 10.5)
            pen.y -= LINE
        pen.y -= 2
    pen.y -= 4


def rows_of(statement: Statement, language: str) -> Iterator[tuple[str, str]]:
    """What stands on the page, line by line: (key of the label, words)."""
    place, source = statement.place, statement.source
    yield "place", f"{place.lon}, {place.lat}  (CGCS2000)"
    if statement.asked.crs != place.crs:
        yield "asked", f"{statement.asked.lon}, {statement.asked.lat}  ({statement.asked.crs})"
    yield "valid_on", statement.valid_on
    yield "known_at", statement.known_at
    yield "owner", _name(statement.owner, language)
    for one in reversed([one for one in statement.regions if one != statement.owner]):
        yield "above", _name(one, language)
    for dispute in statement.disputes:
        claimants = "、".join(one.name or one.code or "" for one in dispute.claimants)
        holder = dispute.temporary_owner
        gaps = {
            "code": dispute.code,
            "claimants": claimants,
            "owner": _name(holder, language) if holder else say(language, "ownership.nobody"),
            "until": dispute.ends_on or say(language, "ownership.open_end"),
        }
        yield "dispute", say(language, "ownership.disputed", **gaps)
    yield "method", say(language, f"ownership.method_{statement.method.value}")
    if statement.edge_m is not None:
        yield "edge", say(language, "ownership.metres", metres=statement.edge_m)
    if source is not None:
        until = source.holds_to or say(language, "ownership.open_end")
        yield "edition", f"{source.edition}  ({source.edition_valid_from})"
        yield "document", source.document
        yield "holds", f"{source.holds_from or '…'} → {until}"
    for fault in statement.accepted_faults[:FAULTS_SHOWN]:
        kind = words(language).get(f"ownership.fault_{fault.kind}", fault.kind)
        area = "" if fault.m2 is None else f"{fault.m2} m², "
        yield "accepted", f"{kind} {'、'.join(fault.codes)}: {area}{fault.away_m} m. {fault.why}"


def _name(one: RegionStated | None, language: str) -> str:
    if one is None:
        return say(language, "ownership.nobody")
    return "  ".join(filter(None, (one.level_name, one.name, one.code)))


# ---- the small map ------------------------------------------------------------------------------


def _map(pen: _Pen, statement: Statement, shapes: Sequence[Feature], top: float) -> None:
    """North is up; metres on the flat map that fits the place."""
    canvas, x0, y0 = pen.canvas, MARGIN, top - MAP_SIDE
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(x0, y0, MAP_SIDE, MAP_SIDE)
    canvas.setFillColor(HexColor(theme.GROUND))
    canvas.clipPath(frame, stroke=0, fill=1)
    owner = statement.owner.code if statement.owner else None
    for feature in sorted(shapes, key=lambda one: one["properties"]["code"] == owner):
        _shape(
            canvas, statement, feature, (x0, y0), is_owner=feature["properties"]["code"] == owner
        )
    for feature in shapes:
        _label(pen, statement, feature, (x0, y0))
    _cross(canvas, x0 + MAP_SIDE / 2, y0 + MAP_SIDE / 2)
    canvas.restoreState()
    canvas.setStrokeColor(HexColor(theme.PARENT_BORDER))
    canvas.setLineWidth(0.8)
    canvas.rect(x0, y0, MAP_SIDE, MAP_SIDE)
    _scale(pen, statement, x0, y0)


def _on_page(
    statement: Statement, ring: Sequence[Sequence[float]], corner: tuple[float, float]
) -> list[tuple[float, float]]:
    lon, lat = float(statement.place.lon), float(statement.place.lat)
    kx, ky = metres_per_degree(lat)
    points_per_m = MAP_SIDE / 2 / reach_of(statement)
    middle = MAP_SIDE / 2
    return [
        (
            corner[0] + middle + (x - lon) * kx * points_per_m,
            corner[1] + middle + (y - lat) * ky * points_per_m,
        )
        for x, y in ring
    ]


def _shape(
    canvas: Canvas,
    statement: Statement,
    feature: Feature,
    corner: tuple[float, float],
    *,
    is_owner: bool,
) -> None:
    path = canvas.beginPath()
    for polygon in feature["geometry"]["coordinates"]:
        for ring in polygon:
            (first, *rest) = _on_page(statement, ring, corner)
            path.moveTo(*first)
            for point in rest:
                path.lineTo(*point)
            path.close()
    canvas.setFillColor(HexColor(OWNER_TINT if is_owner else "#ffffff"))
    canvas.setStrokeColor(HexColor(theme.SELECTED if is_owner else theme.BORDER))
    canvas.setLineWidth(1.6 if is_owner else 0.7)
    canvas.drawPath(path, stroke=1, fill=1, fillMode=0)  # even-odd: holes stay holes


def _label(pen: _Pen, statement: Statement, feature: Feature, corner: tuple[float, float]) -> None:
    """The name, or the code's end, in the part of the region that the map shows."""
    import shapely

    side = shapely.box(corner[0], corner[1], corner[0] + MAP_SIDE, corner[1] + MAP_SIDE)
    parts = [
        shapely.Polygon(_on_page(statement, polygon[0], corner))
        for polygon in feature["geometry"]["coordinates"]
    ]
    shown = shapely.intersection(shapely.make_valid(shapely.MultiPolygon(parts)), side)
    if shown.area < 300:
        return
    properties = feature["properties"]
    words = drawable(properties["name"] or properties["code"], pen.font)
    spot = shown.representative_point()
    half = stringWidth(words, pen.font, 7) / 2
    x = min(max(spot.x, corner[0] + half + 2), corner[0] + MAP_SIDE - half - 2)
    y = min(max(spot.y, corner[1] + 16), corner[1] + MAP_SIDE - 9)
    if abs(y + 3 - corner[1] - MAP_SIDE / 2) < 12 and abs(x - corner[0] - MAP_SIDE / 2) < half + 9:
        y -= 20  # out of the way of the cross
    pen.canvas.setFillColor(HexColor(theme.LABEL))
    pen.canvas.setFont(pen.font, 7)
    pen.canvas.drawCentredString(x, y, words)


def _cross(canvas: Canvas, x: float, y: float) -> None:
    canvas.setStrokeColor(HexColor(theme.MAJOR))
    canvas.setLineWidth(1.2)
    canvas.circle(x, y, 4)
    canvas.lines([(x - 8, y, x + 8, y), (x, y - 8, x, y + 8)])


def _scale(pen: _Pen, statement: Statement, x0: float, y0: float) -> None:
    """A bar of a round number of metres, about a quarter of the map."""
    reach_m = reach_of(statement)
    round_m = max(n for n in (10, 20, 50, 100, 200, 500, 1000, 2000) if n <= reach_m / 2)
    length = round_m * MAP_SIDE / 2 / reach_m
    canvas = pen.canvas
    canvas.setStrokeColor(HexColor(theme.LABEL))
    canvas.setFillColor(HexColor(theme.LABEL))
    canvas.setLineWidth(1.5)
    canvas.line(x0 + 6, y0 + 6, x0 + 6 + length, y0 + 6)
    canvas.setFont(pen.font, 7)
    canvas.drawString(x0 + 8, y0 + 9, f"{round_m} m")


# ---- beside and below the map -------------------------------------------------------------------


def _neighbours(pen: _Pen, statement: Statement, language: str, top: float) -> None:
    x, right = MARGIN + MAP_SIDE + 8 * mm, WIDTH - MARGIN
    pen.y = top - 10
    pen.canvas.setFillColor(HexColor(theme.DIMMED))
    within = f"{float(statement.neighbours_within_m):.0f}"
    pen.write(say(language, "ownership.neighbours", metres=within), x, 9.5)
    pen.canvas.setFillColor(HexColor(theme.LABEL))
    for one in statement.neighbours[:NEIGHBOURS_SHOWN]:
        pen.y -= LINE
        pen.write(say(language, "ownership.metres", metres=one.edge_m), right, 9, right=True)
        room = right - x - 22 * mm
        pen.write(next(pen.lines(one.name or one.code, 9, room)), x, 9)
        if one.name:
            pen.y -= 10
            pen.canvas.setFillColor(HexColor(theme.DIMMED))
            pen.write(one.code, x, 7.5)
            pen.canvas.setFillColor(HexColor(theme.LABEL))
    if not statement.neighbours:
        pen.y -= LINE
        pen.write(say(language, "ownership.no_neighbours"), x, 9)
    elif len(statement.neighbours) > NEIGHBOURS_SHOWN:
        pen.y -= LINE
        rest = len(statement.neighbours) - NEIGHBOURS_SHOWN
        pen.write(say(language, "ownership.more", count=rest), x, 9)


def _map_note(pen: _Pen, language: str, review_no: str | None) -> None:
    pen.canvas.setFillColor(HexColor(theme.DIMMED))
    note = say(language, "ownership.map_note")
    pen.write(f"{note}  {review_no}" if review_no else note, MARGIN, 7.5)
    pen.y -= 20


def _proof(pen: _Pen, signed: SignedStatement, language: str) -> None:
    source = signed.statement.source
    rows = [
        ("sha256", signed.sha256),
        ("signature", f"{signed.signature.algorithm}  {signed.signature.value}"),
        ("key_id", signed.signature.key_id),
    ]
    if source is not None:
        rows.insert(0, ("document_sum", source.document_sha256))
    width = WIDTH - 2 * MARGIN - LABEL_WIDTH
    for key, value in rows:
        pen.canvas.setFillColor(HexColor(theme.DIMMED))
        pen.write(say(language, f"ownership.{key}"), MARGIN, 8)
        pen.canvas.setFillColor(HexColor(theme.LABEL))
        for line in pen.lines(value, 8, width):
            pen.write(line, MARGIN + LABEL_WIDTH, 8)
            pen.y -= 11
    pen.y -= 4
    pen.canvas.setFillColor(HexColor(theme.DIMMED))
    for line in pen.lines(say(language, "ownership.how_to_check"), 8, WIDTH - 2 * MARGIN):
        pen.write(line, MARGIN, 8)
        pen.y -= 11
