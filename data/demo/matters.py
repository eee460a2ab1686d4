"""Three hundred matters of sixty days, as they were reported and as far as they got.

They hang on the instant they are made for; everything else about them is the same from every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from data.demo.frame import degrees, dice, metres
from data.demo.sayings import SAYINGS, URGENT
from gis.model import BEIJING, Point
from gis.people import PostRole

if TYPE_CHECKING:
    from data.demo.city import DemoCity
    from gis.places import Building, Road

MATTERS: Final = 300
DAYS: Final = 60
LATELY_DAYS: Final = 7
FIRST_GRIDS: Final = ("500199001001001", "500199001001002")
MORNING, NIGHT = 7, 21  # hours between which people report


class Reached(StrEnum):
    """How far a matter got."""

    PROPOSED = "proposed"  # located, class and handler proposed, nobody has confirmed them yet
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    VERIFIED = "verified"
    REPLIED = "replied"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class DemoMatter:
    """One report. The place is `point` with `accuracy_m` (WGS 84), or `building`, or neither.

    `key` is the same from every run. `channel` is patrol, qr, web, hotline, phone, counter or
    upstream; `reporter` the code of the member who saw it, None for a resident. `returned` means
    that the first unit sent it back. `contact` is a made-up name and number, None for most.
    """

    key: str
    text: str
    category: str
    channel: str
    observed_at: datetime
    reached: Reached
    urgent: bool
    point: Point | None = None
    accuracy_m: float | None = None
    building: str | None = None
    reporter: str | None = None
    contact: tuple[str, str] | None = None
    returned: bool = False
    grid: str | None = None


def demo_matters(city: DemoCity, now: datetime) -> list[DemoMatter]:
    """The matters of the sixty days up to `now` (aware), oldest first."""
    random = dice("matters")
    scene = _Scene(city, random)
    kinds = list(SAYINGS)
    weights = np.array([SAYINGS[kind][0] for kind in kinds], dtype=np.float64)
    drawn = random.choice(len(kinds), MATTERS, p=weights / weights.sum())
    ages = np.sort(random.beta(0.9, 1.3, MATTERS) * DAYS)[::-1]
    return [
        _matter(f"demo-{number:04}", kinds[kind], float(age), scene, now)
        for number, (kind, age) in enumerate(zip(drawn, ages, strict=True), start=1)
    ]


def _matter(key: str, category: str, age_days: float, scene: _Scene, now: datetime) -> DemoMatter:
    random = scene.random
    _, at_house, texts = SAYINGS[category]
    house = scene.house(in_compound=category.startswith("N"), lately=age_days < LATELY_DAYS)
    road = scene.road_near(house)
    channel = scene.channel(category)
    place = scene.place(house, road, at_house, channel)
    text = texts[int(random.integers(len(texts)))]
    compound = scene.compound_of.get(house.compound_code or "", road.name)
    patrol = channel == "patrol"
    number = int(random.integers(1, 100))
    return DemoMatter(
        key,
        text.format(b=house.address, r=road.name, c=compound),
        category,
        channel,
        _seen_at(age_days, now),
        _how_far(age_days, random),
        category in URGENT,
        *place,
        reporter=scene.member_of.get(house.grid_code or "") if patrol else None,
        contact=None if patrol or number > 40 else (f"示例居民{number}", f"000-0001-{number:04}"),
        returned=bool(category[0] in "EC" and random.random() < 0.06),
        grid=house.grid_code,
    )


def _seen_at(age_days: float, now: datetime) -> datetime:
    """So long before `now`, to the minute; what would fall in the night, ten hours earlier."""
    seen = (now.astimezone(BEIJING) - timedelta(days=age_days)).replace(second=0, microsecond=0)
    return seen if MORNING <= seen.hour < NIGHT else seen - timedelta(hours=10)


def _how_far(age_days: float, random: np.random.Generator) -> Reached:
    """The older the further; a few stay behind and are overdue."""
    steps = list(Reached)
    if age_days < 0.8:
        shares = (0.5, 0.25, 0.15, 0.05, 0.0, 0.0, 0.05)
    elif age_days < 4:
        shares = (0.1, 0.2, 0.25, 0.15, 0.08, 0.05, 0.17)
    elif age_days < 14:
        shares = (0.02, 0.06, 0.13, 0.1, 0.07, 0.07, 0.55)
    else:
        shares = (0.0, 0.01, 0.04, 0.02, 0.01, 0.02, 0.9)
    return steps[int(random.choice(len(steps), p=shares))]


class _Scene:
    """Where things happen: houses, more often in 河滨社区, and the roads beside them."""

    def __init__(self, city: DemoCity, random: np.random.Generator) -> None:
        self.random = random
        self.compound_of = {one.code: one.name for one in city.compounds}
        self._houses = [one for one in city.buildings if one.point is not None]
        self._lived_in = [one for one in self._houses if one.households]
        self._in_compounds = [one for one in self._lived_in if one.compound_code]
        self._roads = [one for one in city.roads if one.name and not one.bridge]
        self._tree = shapely.STRtree([one.line for one in self._roads])
        self.member_of = {
            post.place.code: post.member
            for post in city.posts
            if post.role is PostRole.GRID_MEMBER and post.until is None
        }

    def house(self, *, in_compound: bool, lately: bool) -> Building:
        """A house where something happens: often in 河滨社区, lately in its first two grids."""
        pool = self._in_compounds if in_compound else self._lived_in
        luck = self.random.random()
        if lately and luck < 0.4:
            pool = [one for one in pool if one.grid_code in FIRST_GRIDS]
        elif luck < 0.22:
            pool = [one for one in pool if (one.grid_code or "").startswith("500199001001")]
        return pool[int(self.random.integers(len(pool)))]

    def road_near(self, house: Building) -> Road:
        """The named road nearest to a house."""
        assert house.point is not None, "only located houses are drawn"
        return self._roads[int(self._tree.nearest(shapely.Point(house.point.lon, house.point.lat)))]

    def channel(self, category: str) -> str:
        """How it came in: residents telephone about neighbours, members see rubbish."""
        channels = ("patrol", "qr", "web", "hotline", "phone", "counter", "upstream")
        seen = (0.5, 0.12, 0.12, 0.12, 0.06, 0.04, 0.04)
        told = (0.15, 0.2, 0.2, 0.2, 0.1, 0.14, 0.01)
        return channels[int(self.random.choice(7, p=seen if category[0] in "EC" else told))]

    def place(
        self, house: Building, road: Road, at_house: bool, channel: str
    ) -> tuple[Point | None, float | None, str | None]:
        """A point with its error, or a building, or nothing: the hotline often has words only."""
        if channel in ("hotline", "phone") and self.random.random() < 0.4:
            return None, None, None
        if at_house and channel in ("qr", "counter", "hotline", "phone"):
            return None, None, house.code
        accuracy = float(self.random.choice([6, 8, 12, 15, 20, 25, 35, 60, 120], p=_ACCURACY))
        return self._beside(house, road, at_house, accuracy), accuracy, None

    def _beside(self, house: Building, road: Road, at_house: bool, accuracy: float) -> Point:
        """Where the phone says it is: at the house or in the road, off by a part of its error."""
        assert house.point is not None, "only located houses are drawn"
        here = shapely.Point(house.point.lon, house.point.lat)
        if not at_house:
            along = shapely.line_locate_point(road.line, here)
            here = shapely.line_interpolate_point(road.line, along)
        east, north = metres(np.array([[here.x, here.y]]))[0]
        off = self.random.normal(0, min(accuracy, 40) / 2, 2)
        lon, lat = degrees(east + off[0], north + off[1])[0].tolist()
        return Point(lon, lat)


_ACCURACY: Final = (0.1, 0.15, 0.2, 0.2, 0.12, 0.1, 0.07, 0.04, 0.02)
