"""What must be said of coverage figures wherever they go: the method, in sentences.

The page, the JSON, the sheets and the file for the meeting take the sentences from here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.coverage import NO_REGION
from maps.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.coverage_plan import CoveragePlan, Score

STOP: Final = {"zh-CN": "；", "en": "; "}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of the method: `topic` is its key, `label` and `text` are in the reader's words."""

    topic: str
    label: str
    text: str


def method(plan: CoveragePlan, language: str, review_no: str | None) -> list[Sentence]:
    """How the figures came about, in the order to be read."""
    texts = {
        "kind": _kind(plan, language),
        "region": plan.region.name if plan.region else say(language, "coverage.everything"),
        "day": _day(plan, language),
        "radius": _radius(plan, language),
        "standard": _standard(plan, language),
        "facilities": _facilities(plan, language),
        "coordinates": _coordinates(plan, language),
        "source": " · ".join(plan.sources),
        "review": review(language, review_no),
    }
    return [
        Sentence(topic, say(language, f"coverage.method.{topic}"), text)
        for topic, text in texts.items()
        if text
    ]


def review(language: str, review_no: str | None) -> str:
    """The 审图号, or that the map is for internal use only."""
    if review_no:
        return say(language, "coverage.review_no", number=review_no)
    return say(language, "coverage.internal")


def metres(radius_m: float) -> str:
    """Metres without needless decimals.

    >>> metres(500.0), metres(312.5)
    ('500', '312.5')
    """
    return f"{radius_m:.1f}".removesuffix(".0")


def name_of(score: Score, language: str) -> str:
    """The region's name, or that these buildings are in none."""
    return score.name if score.code != NO_REGION else say(language, "coverage.row.nowhere")


def _kind(plan: CoveragePlan, language: str) -> str:
    level = say(language, f"coverage.level.{plan.kind.level.value}")
    return f"{plan.kind.name} · {level}"


def _radius(plan: CoveragePlan, language: str) -> str:
    standard = plan.standard.radius_m if plan.standard else None
    values = {"radius": metres(plan.radius_m), "standard": metres(standard) if standard else ""}
    key = "rule" if not plan.own_radius else "own" if standard else "own_only"
    how = say(language, "coverage.radius_how")
    return STOP[language].join((say(language, f"coverage.radius_{key}", **values), how))


def _standard(plan: CoveragePlan, language: str) -> str:
    rule = plan.standard
    if rule is None:
        return say(language, "coverage.no_standard")
    since = rule.valid_from.isoformat()
    parts = [
        say(language, "coverage.standard_line", source=rule.source, since=since),
        say(language, "coverage.verified" if rule.verified else "coverage.unverified"),
    ]
    if "radius_m" in rule.derived:
        parts.append(say(language, "coverage.derived"))
    return STOP[language].join(parts)


def _facilities(plan: CoveragePlan, language: str) -> str:
    counting = [one for one in plan.shown if plan.counts(one)]
    placed = sum(one.point is not None for one in counting)
    parts = [say(language, "coverage.counted", count=placed)]
    if len(counting) > placed:
        parts.append(say(language, "coverage.unplaced", count=len(counting) - placed))
    others = list(_others(plan, language))
    if others:
        parts.append(say(language, "coverage.not_counted", list=" · ".join(others)))
    return STOP[language].join(parts)


def _others(plan: CoveragePlan, language: str) -> Iterator[str]:
    left_out = [one for one in plan.shown if not plan.counts(one)]
    for status, count in sorted(Counter(one.status for one in left_out).items()):
        key = (
            "coverage.other_level" if status.value == "open" else f"coverage.status.{status.value}"
        )
        yield f"{say(language, key)} {count}"


def _coordinates(plan: CoveragePlan, language: str) -> str:
    households = plan.coverage.total().households
    if households.percent is None:
        return say(language, "coverage.no_households")
    share = f"{100 - households.percent[2]:.1f}%"
    return say(language, "coverage.with_coordinates", share=share, count=households.unknown)


def _day(plan: CoveragePlan, language: str) -> str:
    key = "coverage.day_now" if plan.as_it_stands else "coverage.day_then"
    return say(language, key, day=plan.day.isoformat())
