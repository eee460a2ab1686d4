"""What stands on the ground: compounds and buildings, facilities and their kinds, roads, barriers.

Shapes are in EPSG:4490, longitude first, on the 1e-7 degree lattice. Codes are what other things
refer by; names are what people say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from shapely import LineString, MultiPolygon, Polygon

    from gis.model import Point


class PropertyMode(StrEnum):
    """物业管理方式: who looks after what the residents of a compound share."""

    COMPANY = "company"  # 物业公司
    COMMUNITY = "community"  # 社区组建的物业管理中心
    SELF_MANAGED = "self_managed"  # 居民自管
    NONE = "none"  # 无物业


@dataclass(frozen=True, slots=True)
class Compound:
    """小区: buildings that share a gate, a yard and their worries.

    `aliases` are other names that people use for it. `is_old` is the flag 老旧小区.
    `property_company` is an organisation's code, given exactly when `property_mode` is a company's.
    """

    code: str
    name: str
    address: str
    shape: Polygon | MultiPolygon | None
    property_mode: PropertyMode
    is_old: bool = False
    property_company: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Building:
    """楼栋: one building and how many households live in it; never who.

    `name` is what stands on its wall (3幢). `address` begins with the road or the village group;
    the regions above it are left out, since they change and the place tells them. `point` is the
    place that distances are measured from; with `shape` it is None where nobody has located the
    building. `grid_code` is the grid its source states, None where only the place tells.
    `households` is 0 where nobody lives.
    """

    code: str
    name: str
    address: str
    households: int
    point: Point | None = None
    shape: Polygon | MultiPolygon | None = None
    storeys: int | None = None
    stairwells: int | None = None
    compound_code: str | None = None
    grid_code: str | None = None
    aliases: tuple[str, ...] = ()


class FacilityStatus(StrEnum):
    """Only an open facility serves anybody: built but not opened is a known complaint."""

    PLANNED = "planned"  # 规划
    BUILDING = "building"  # 在建
    OPEN = "open"  # 开放
    IDLE = "idle"  # 闲置
    CLOSED = "closed"  # 停用


class ServingLevel(StrEnum):
    """For whom a facility is meant; no level stands in for another (GB 50180-2018: 非包含关系)."""

    COUNTY = "county"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    COMPOUND = "compound"
    CIRCLE_15 = "circle_15"  # 十五分钟生活圈
    CIRCLE_10 = "circle_10"  # 十分钟生活圈
    CIRCLE_5 = "circle_5"  # 五分钟生活圈
    BLOCK = "block"  # 居住街坊


@dataclass(frozen=True, slots=True)
class FacilityStandard:
    """One rule about one kind of facility: how far it serves, how large it must be, since when.

    Metres are on the ground, minutes on foot, areas in square metres. None: the source says
    nothing. `derived` names the values that aren't the source's own but follow from its level of
    the life circle. `jurisdiction` is "" for a default that holds everywhere. `verified` says that
    somebody compared the values with the printed text.
    """

    valid_from: date
    source: str
    verified: bool
    jurisdiction: str = ""
    valid_to: date | None = None
    radius_m: float | None = None
    minutes: float | None = None
    min_floor_m2: float | None = None
    min_land_m2: float | None = None
    derived: frozenset[str] = frozenset()
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """In force on a day? `valid_to` is the first day on which it no longer is."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class FacilityKind:
    """设施类型, with its rules over time.

    `basic_function` is its place among the six functions that a community centre must have
    (六大功能), None for other kinds.
    """

    code: str
    name: str
    level: ServingLevel
    standards: tuple[FacilityStandard, ...]
    basic_function: int | None = None

    def standard_on(self, day: date, jurisdiction: str = "") -> FacilityStandard | None:
        """The rule in force on a day: the jurisdiction's own before the default, then the newest.

        None when there was none yet.
        """
        holding = [
            one
            for one in self.standards
            if one.holds_on(day) and one.jurisdiction in ("", jurisdiction)
        ]
        return max(
            holding,
            key=lambda one: (one.jurisdiction == jurisdiction, one.valid_from),
            default=None,
        )


@dataclass(frozen=True, slots=True)
class Facility:
    """设施: one place of service. `kind` is a kind's code.

    `level` is the level it truly serves, None for its kind's own. `hours` is written as on the
    door. `building_code` is the building it is in, `point` its entrance, None where nobody has
    located it. Areas in square metres.
    """

    code: str
    kind: str
    name: str
    status: FacilityStatus
    point: Point | None = None
    level: ServingLevel | None = None
    floor_area_m2: float | None = None
    land_area_m2: float | None = None
    hours: str = ""
    address: str = ""
    building_code: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """地址: one line of a list of addresses. `name` is what stands there, "" where nothing is said.

    `point` is None where the list gives no coordinates.
    """

    code: str
    text: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    point: Point | None = None


class RoadClass(StrEnum):
    """What a road is to somebody on foot or at the wheel."""

    TRUNK = "trunk"  # 主干路
    SECONDARY = "secondary"  # 次干路
    STREET = "street"  # 支路、街
    LANE = "lane"  # 巷、小区路
    STEPS = "steps"  # 梯坎
    FOOTPATH = "footpath"  # 人行道、人行桥
    VILLAGE = "village"  # 村道


@dataclass(frozen=True, slots=True)
class Road:
    """道路: a piece of road of one class. `name` is "" where it has none.

    Two roads are joined where they share a vertex, and only there: a bridge passes over without.
    """

    code: str
    name: str
    road_class: RoadClass
    line: LineString
    bridge: bool = False
    steep: bool = False


class BarrierKind(StrEnum):
    """What nobody walks across."""

    WATER = "water"
    SLOPE = "slope"  # 陡坡、崖壁
    RAILWAY = "railway"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class Barrier:
    """阻隔: a line that can be crossed only where a road or a path crosses it."""

    code: str
    kind: BarrierKind
    name: str
    line: LineString


class GroundKind(StrEnum):
    """What covers the ground where no house stands."""

    WATER = "water"
    PARK = "park"
    SQUARE = "square"
    SPORTS = "sports"
    SCHOOL = "school"
    FIELD = "field"  # 农田
    WOOD = "wood"


@dataclass(frozen=True, slots=True)
class Ground:
    """地表: an area of one cover, for the picture. `name` is "" where it has none."""

    code: str
    kind: GroundKind
    name: str
    shape: Polygon | MultiPolygon
