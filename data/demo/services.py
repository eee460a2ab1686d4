"""The demo's sixty facilities: in houses of their own, in shophouses, in parks, at the roadside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import shapely

from data.demo.frame import dice
from data.demo.regions import COMMUNITIES
from gis.coordinates import to_lattice
from gis.model import Point
from gis.places import Facility, FacilityStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from gis.places import Building, Ground, Road

_OPEN, _BUILT, _PLAN = FacilityStatus.OPEN, FacilityStatus.BUILDING, FacilityStatus.PLANNED
_IDLE, _CLOSED = FacilityStatus.IDLE, FacilityStatus.CLOSED

DAY, LATE, ALWAYS = "周一至周五 09:00–17:30", "每日 07:00–21:00", "全天"
SCHOOL, CARE, CLINIC = "教学日 07:30–18:00", "周一至周六 08:00–17:30", "每日 08:00–18:00"

# kind, name, status, where, floor m², land m², hours. Where: a house, a ground, a road by name;
# 社区名 for some shophouse or cottage of it; "" for a place nobody has put on the map.
_Row: TypeAlias = tuple[str, str, FacilityStatus, str, int | None, int | None, str]
TABLE: Final[tuple[_Row, ...]] = (
    ("subdistrict_complex", "", _OPEN, "滨江街道综合服务中心", 15200, None, DAY),
    ("subdistrict_complex", "", _OPEN, "桥东街道综合服务中心", 9800, None, DAY),
    ("subdistrict_complex", "", _OPEN, "山前镇综合服务中心", 6100, None, DAY),
    ("community_complex", "", _OPEN, "河滨社区综合服务中心", 3050, None, DAY),
    ("community_complex", "", _OPEN, "码头社区综合服务中心", 2750, None, DAY),
    ("convenience_centre", "河滨社区便民服务中心", _OPEN, "河滨社区综合服务中心", 820, None, DAY),
    ("convenience_centre", "码头社区便民服务中心", _OPEN, "码头社区综合服务中心", 640, None, DAY),
    ("convenience_centre", "柳岸社区便民服务中心", _OPEN, "柳岸社区", 320, None, DAY),
    ("convenience_centre", "纺织社区便民服务中心", _OPEN, "纺织社区", 410, None, DAY),
    ("convenience_centre", "文昌社区便民服务中心", _OPEN, "文昌社区", 560, None, DAY),
    ("convenience_centre", "新桥社区便民服务中心", _BUILT, "新桥社区", 900, None, ""),
    ("convenience_centre", "桐林社区便民服务中心", _PLAN, "桐林社区", 800, None, ""),
    ("convenience_centre", "学府社区便民服务中心", _OPEN, "学府社区", 450, None, DAY),
    ("convenience_centre", "山前社区便民服务中心", _OPEN, "山前镇综合服务中心", 380, None, DAY),
    ("convenience_centre", "石梯村便民服务站", _OPEN, "石梯村", 120, None, DAY),
    ("convenience_centre", "茶园村便民服务站", _OPEN, "茶园村", 140, None, DAY),
    ("convenience_centre", "云坪村便民服务站", _PLAN, "云坪村", 150, None, ""),
    ("health_centre", "", _OPEN, "滨江街道社区卫生服务中心", 6400, None, CLINIC),
    ("health_station", "河滨社区卫生服务站", _OPEN, "河滨社区", 160, None, CLINIC),
    ("health_station", "柳岸社区卫生服务站", _OPEN, "柳岸社区", 130, None, CLINIC),
    ("health_station", "纺织社区卫生服务站", _OPEN, "纺织社区", 150, None, CLINIC),
    ("health_station", "新桥社区卫生服务站", _OPEN, "新桥社区", 180, None, CLINIC),
    ("health_station", "学府社区卫生服务站", _BUILT, "学府社区", 150, None, ""),
    ("health_station", "石梯村卫生室", _OPEN, "石梯村", 80, None, CLINIC),
    ("health_station", "茶园村卫生室", _OPEN, "茶园村", 90, None, CLINIC),
    ("elderly_day_care", "河滨社区日间照料中心", _OPEN, "河滨社区", 420, None, CARE),
    ("elderly_day_care", "柳岸社区日间照料中心", _OPEN, "柳岸社区", 360, None, CARE),
    ("elderly_day_care", "纺织社区日间照料中心", _BUILT, "纺织社区", 500, None, ""),
    ("elderly_day_care", "新桥社区日间照料中心", _OPEN, "新桥社区", 610, None, CARE),
    ("elderly_day_care", "桐林社区日间照料中心", _IDLE, "桐林社区", 480, None, ""),
    ("elderly_day_care", "山前社区日间照料中心", _OPEN, "山前社区", 350, None, CARE),
    ("elderly_centre", "滨江街道养老服务中心", _OPEN, "文昌社区", 1800, None, ALWAYS),
    ("culture_room", "码头社区文化活动室", _OPEN, "码头社区", 260, None, LATE),
    ("culture_room", "纺织社区文化活动室", _OPEN, "纺织公园活动室", 300, None, LATE),
    ("culture_room", "桐林社区文化活动室", _OPEN, "桐林公园活动室", 280, None, LATE),
    ("culture_room", "学府社区文化活动室", _OPEN, "", 250, None, LATE),
    ("police_station", "文昌派出所", _OPEN, "文昌社区", 1300, None, ALWAYS),
    ("police_room", "码头社区警务室", _OPEN, "码头社区", 60, None, ALWAYS),
    ("police_room", "新桥社区警务室", _OPEN, "新桥社区", 70, None, ALWAYS),
    ("vegetable_shop", "学府路菜店", _OPEN, "学府社区", 90, None, LATE),
    ("vegetable_shop", "桐林菜店", _OPEN, "桐林社区", 70, None, LATE),
    ("food_market", "", _OPEN, "河滨菜市场", 2400, None, "每日 06:00–19:30"),
    ("food_market", "", _OPEN, "柳岸农贸市场", 1500, None, "每日 06:00–19:30"),
    ("food_market", "", _OPEN, "山前集市", 2100, None, "逢二、五、八 06:00–14:00"),
    ("community_canteen", "柳岸社区食堂", _OPEN, "柳岸社区", 240, None, "每日 10:30–18:30"),
    ("community_canteen", "河滨社区食堂", _IDLE, "河滨社区", 200, None, ""),
    ("middle_school", "示例中学", _OPEN, "示例中学一号教学楼", 21000, 29000, SCHOOL),
    ("primary_school", "纺织小学", _OPEN, "纺织小学一号教学楼", 7600, 7400, SCHOOL),
    ("primary_school", "码头小学", _OPEN, "码头小学一号教学楼", 4200, 4300, SCHOOL),
    ("primary_school", "桐林小学", _OPEN, "桐林小学一号教学楼", 7800, 8600, SCHOOL),
    ("primary_school", "山前小学", _OPEN, "山前小学一号教学楼", 3900, 6100, SCHOOL),
    ("kindergarten", "", _OPEN, "河滨幼儿园", 3300, 3600, SCHOOL),
    ("kindergarten", "", _OPEN, "新桥幼儿园", 2900, 3000, SCHOOL),
    ("outdoor_fitness", "滨江公园健身场地", _OPEN, "滨江公园", None, 420, ALWAYS),
    ("playground", "桐林公园儿童乐园", _OPEN, "桐林公园", None, 380, ALWAYS),
    ("reading_room", "云坪村农家书屋", _CLOSED, "云坪村", 60, None, ""),
    ("public_toilet", "客运码头公厕", _OPEN, "客运码头", 60, None, ALWAYS),
    ("public_toilet", "纺织公园公厕", _OPEN, "纺织公园", 55, None, ALWAYS),
    ("bus_stop", "文昌大道站", _OPEN, "文昌大道", None, None, "每日 06:00–22:30"),
    ("metro_station", "示例大道站", _PLAN, "示例大道", None, None, ""),
)


def facilities(
    buildings: Sequence[Building], grounds: Sequence[Ground], roads: Sequence[Road]
) -> Iterator[Facility]:
    """Every facility with its code and place."""
    random = dice("facilities")
    named = {one.name: one for one in buildings}
    for number, (kind, name, status, where, floor, land, hours) in enumerate(TABLE, start=1):
        house = _draw(where, buildings, random) if where in COMMUNITIES else named.get(where)
        point = house.point if house else _outside(where, grounds, roads)
        yield Facility(
            f"500199F{number:03}",
            kind,
            name or where,
            status,
            point,
            floor_area_m2=floor,
            land_area_m2=land,
            hours=hours,
            address=house.address if house else where,
            building_code=house.code if house else None,
        )


def _draw(where: str, buildings: Sequence[Building], random: np.random.Generator) -> Building:
    """Some shophouse of a community, or some house of a village."""
    region = COMMUNITIES[where]
    while True:
        one = buildings[int(random.integers(len(buildings)))]
        in_row = "附" in one.name or "组" in one.name
        if in_row and one.point is not None and (one.grid_code or "").startswith(region):
            return one


def _outside(where: str, grounds: Sequence[Ground], roads: Sequence[Road]) -> Point | None:
    if not where:
        return None
    for number, ground in enumerate(grounds):
        if ground.name == where:
            upon = shapely.union_all([one.shape for one in grounds[number + 1 :]])
            return _point(shapely.point_on_surface(shapely.difference(ground.shape, upon)))
    for road in roads:
        if road.name == where:
            return _point(shapely.line_interpolate_point(road.line, 0.6, normalized=True))
    return None


def _point(place: shapely.Geometry) -> Point:
    return Point(*to_lattice(shapely.get_coordinates(place)[0]).tolist())
