"""Coverage as one file for a meeting: opens from disk, asks nobody, holds all it needs.

Folium makes the map. What people wrote stands in the data block as JSON and enters as text, or in
the page as escaped text. A policy in the file lets nothing else run and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from maps.coverage_page import WORDS
from maps.coverage_words import method, metres, name_of, review
from maps.marks import mark_of
from maps.shell import environment, safe_json, words_for
from maps.theme import coverage_theme, map_theme
from maps.words import say

if TYPE_CHECKING:
    from gis.coverage import Parts
    from gis.coverage_plan import CoveragePlan, Score

STATIC: Final = Path(__file__).parent / "static"
SCRIPTS: Final = (
    "vendor/leaflet/leaflet.js",
    "page.js",
    "coverage-map.js",
    "meeting.js",
)
STYLES: Final = ("vendor/leaflet/leaflet.css", "meeting.css")
MOST_FEATURES: Final = 2000
ROWS: Final = 15
PICTURE: Final = re.compile(r"url\((?:images/|#)[^)]*\)")  # controls that this map doesn't have
Feature = Mapping[str, Any]


def regions_to_draw(plan: CoveragePlan) -> tuple[str, list[Score]]:
    """The level that fits into one file with its scores: grids, or communities of too many."""
    grids = [one for one in plan.grid_scores() if one.code]
    if len(grids) <= MOST_FEATURES // 2 and grids:
        return "grid", grids
    return "community", [one for one in plan.community_scores() if one.code]


def gaps_to_draw(plan: CoveragePlan) -> int:
    """How many gap buildings still fit."""
    return MOST_FEATURES - min(MOST_FEATURES - 100, len(regions_to_draw(plan)[1])) - 1


def meeting_file(
    plan: CoveragePlan,
    shapes: Mapping[str, Mapping[str, Any]],
    gaps: Sequence[Feature],
    reach: Sequence[Feature],
    *,
    language: str,
    review_no: str | None,
) -> str:
    """The whole page as HTML.

    `shapes` are GeoJSON geometries by code of the regions that `regions_to_draw` names; `gaps` and
    `reach` GeoJSON features. Equal arguments give equal bytes.
    """
    level, scores = regions_to_draw(plan)
    theme = {**map_theme(), **coverage_theme()}
    boot = {
        "words": words_for(language, WORDS),
        "theme": theme,
        "mark": mark_of(plan.kind.code, plan.kind.name),
        "bounds": _around(shapes) or plan.box or (73.5, 18.1, 134.8, 53.6),
        "regions": [_region(one, shapes[one.code]) for one in scores if one.code in shapes],
        "gaps": list(gaps),
        "reach": list(reach),
        "facilities": [
            {
                "name": one.name,
                "status": one.status.value,
                "counts": plan.counts(one),
                "lon": one.point.lon if one.point else None,
                "lat": one.point.lat if one.point else None,
            }
            for one in plan.shown
        ],
    }
    map_html, map_script = _folium_map()
    scripts = [*(_read(name) for name in SCRIPTS), map_script]
    values = {
        "title": say(language, "coverage.title", kind=plan.kind.name),
        "region": plan.region.name if plan.region else say(language, "coverage.everything"),
        "radius": f"{metres(plan.radius_m)} m",
        "day": plan.day.isoformat(),
        "sources": plan.sources,
        "review": review(language, review_no),
        "numbers": numbers(plan, language),
        "notes": _notes(plan, level, len(gaps), language),
        "rows": [_row(one, language) for one in scores[:ROWS]],
        "method": method(plan, language, review_no),
    }
    return (
        environment()
        .get_template("meeting.html")
        .render(
            language=language,
            t=lambda key, **gaps: say(language, key, **gaps),
            policy=_policy(scripts),
            styles=[PICTURE.sub("none", _read(name)) for name in STYLES],
            scripts=scripts,
            boot=safe_json(boot),
            theme=theme,
            map_html=map_html,
            **values,
        )
    )


def numbers(plan: CoveragePlan, language: str) -> list[tuple[str, str]]:
    """The four numbers above everything, with their labels."""
    households, (good, inhabited) = plan.coverage.total().households, plan.good_grids()
    shown = {
        "served": _percent(households),
        "unserved": f"{households.unserved:,}",
        "unknown": f"{households.unknown:,}",
        "good": f"{good:,} / {inhabited:,}",
    }
    return [(say(language, f"page.coverage.number_{key}"), text) for key, text in shown.items()]


def _folium_map() -> tuple[str, str]:
    """Folium's element and script of a map that `Meeting.setup` fills."""
    from maps.mapkit import MeetingMap

    return MeetingMap.over((0.0, 0.0, 0.0, 0.0)).parts()


def _region(score: Score, geometry: Mapping[str, Any]) -> dict[str, Any]:
    from shapely.geometry import shape

    households, inside = score.tally.households, shape(dict(geometry)).representative_point()
    return {
        "type": "Feature",
        "id": score.code,
        "properties": {
            "code": score.code,
            "name": score.name,
            "short": score.code.removeprefix(score.parent) or score.code,
            "at": (round(inside.x, 6), round(inside.y, 6)),
            "band": score.band.value,
            "households": {
                "served": households.served,
                "unserved": households.unserved,
                "unknown": households.unknown,
                "percent": households.percent,
            },
        },
        "geometry": geometry,
    }


def _row(score: Score, language: str) -> tuple[str, str, str, str]:
    households = score.tally.households
    return (
        name_of(score, language),
        _percent(households),
        f"{households.unserved:,}",
        f"{households.unknown:,}",
    )


def _percent(households: Parts) -> str:
    return "–" if households.percent is None else f"{households.percent[0]:.1f}%"


def _notes(plan: CoveragePlan, level: str, drawn: int, language: str) -> list[str]:
    """What the file doesn't show."""
    notes = []
    total = plan.coverage.total().buildings.unserved
    if drawn < total:
        notes.append(
            say(language, "page.coverage.gaps_cut", total=f"{total:,}", count=f"{drawn:,}")
        )
    if level == "community" and plan.grids:
        notes.append(say(language, "coverage.by_community"))
    return notes


def _around(
    shapes: Mapping[str, Mapping[str, Any]],
) -> tuple[float, float, float, float] | None:
    import shapely
    from shapely.geometry import shape

    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds([shape(dict(one)) for one in shapes.values()])
    return float(west), float(south), float(east), float(north)


def _read(name: str) -> str:
    """A file of ours, fit to stand inside `<script>` or `<style>`."""
    text = (STATIC / name).read_text(encoding="utf-8")
    text = re.sub(r"^/[/*]# sourceMappingURL=.*$", "", text, flags=re.M)
    if re.search(r"</(script|style)|<!--", text, re.I):
        raise ValueError(f"{name} would end its own block")
    return text


def _policy(scripts: Sequence[str]) -> str:
    """Only these scripts run, and nothing is fetched from anywhere."""
    sums = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in sums)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"
