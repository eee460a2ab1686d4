"""The demo's organisations and its 130 people with their posts. All names are made up: 示例甲一 ….

Each grid has one responsible member, but two have none on purpose: one whose member left at the
end of September, one that the second edition made and nobody has taken yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from data.demo.naming import PROPERTY_COMPANIES
from data.demo.regions import COMMUNITIES, COUNTY, SECOND, SUBDISTRICTS, numeral
from gis.model import BEIJING
from gis.people import (
    BuildingRef,
    Member,
    Organisation,
    OrganisationKind,
    OrganisationRef,
    Post,
    PostRole,
    RegionRef,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data.demo.regions import Cell
    from gis.places import Building

    Place = RegionRef | BuildingRef | OrganisationRef

PEOPLE: Final = 130
START: Final = datetime(2025, 1, 1, tzinfo=BEIJING)
SPLIT_AT: Final = datetime(SECOND.year, SECOND.month, SECOND.day, tzinfo=BEIJING)
LEFT_AT: Final = datetime(2026, 10, 1, tzinfo=BEIJING)
LEFT_GRID: Final = (
    "500199001002005"  # its member left at `LEFT_AT` and went to the western new grid
)
STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
NUMBERS: Final = tuple(numeral(number) for number in range(1, 14))
# name, sections, what kinds of handler it is
UNITS: Final = (
    ("环卫所", ("清扫保洁科", "垃圾清运科"), ("sanitation",)),
    ("城市管理局", ("市容执法科", "违法建设治理科"), ("urban_management",)),
    ("市场监督管理局", ("餐饮服务监管科", "流通监管科"), ("market_regulation",)),
    ("园林绿化所", ("绿化养护科", "绿化审批科"), ("gardens",)),
    ("住房建设局", ("物业管理科", "房屋安全科"), ("housing_construction",)),
    ("市政设施所", ("道路桥梁科", "照明井盖科"), ("municipal_works", "facility_owner")),
    ("排水所", ("管网养护科", "防汛应急科"), ("water",)),
    ("生态环境局", ("噪声与大气科", "水环境科"), ()),
    ("公安分局", ("治安管理科", "交通管理科"), ("traffic_police",)),
    ("消防救援大队", ("防火监督科", "灭火救援科"), ("fire_rescue",)),
    ("供电所", ("配电运维科", "用电服务科"), ("public_utility",)),
    ("民政局", ("社会救助科", "养老服务科"), ()),
)
RESIDENT_UNITS: Final = {
    "示例中学": "文昌社区",
    "新桥商圈": "新桥社区",
    "示例职业学院": "学府社区",
}
HEADED: Final = (
    ("滨河苑3幢", (PostRole.BUILDING_HEAD,)),
    ("滨河苑8幢", (PostRole.BUILDING_HEAD,)),
    ("胜利花苑5幢", (PostRole.BUILDING_HEAD, PostRole.BUILDING_SANITATION)),
    ("胜利花苑6幢", (PostRole.BUILDING_HEAD, PostRole.BUILDING_MEDIATOR)),
    ("江声小区2幢", (PostRole.BUILDING_HEAD, PostRole.BUILDING_AFFAIRS)),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody who serves in the demo, and for whom."""

    organisations: tuple[Organisation, ...]
    members: tuple[Member, ...]
    posts: tuple[Post, ...]


def staff(grids: Sequence[Cell], buildings: Sequence[Building]) -> Staff:
    """The demo's organisations, members and posts; the same from every run."""
    crew = _Crew()
    _grid_members(crew, grids)
    _community_workers(crew, grids)
    _handlers(crew)
    _neighbours(crew, buildings)
    return Staff(tuple(_organisations()), tuple(crew.members), tuple(crew.posts))


class _Crew:
    """Hires people one after another."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.posts: list[Post] = []

    def hire(self, name: str = "") -> str:
        """A new member's code; the name is made from the number unless given."""
        number = len(self.members)
        made_up = f"示例{STEMS[number // len(NUMBERS)]}{NUMBERS[number % len(NUMBERS)]}"
        code = f"500199M{number + 1:03}"
        self.members.append(Member(code, name or made_up, f"000-0000-{number + 1:04}"))
        return code

    def post(self, member: str, role: PostRole, place: Place, **more: Any) -> None:
        """A post from `START` on, unless said otherwise."""
        self.posts.append(Post(member, role, place, **({"since": START} | more)))

    def give_grid(
        self, member: str, grid: str, since: datetime = START, until: datetime | None = None
    ) -> None:
        """Make a member responsible for a grid."""
        place = RegionRef("grid", grid)
        self.post(member, PostRole.GRID_MEMBER, place, since=since, until=until, responsible=True)


# ---- grids --------------------------------------------------------------------------------------


def _grid_members(crew: _Crew, grids: Sequence[Cell]) -> None:
    names = {"500199001001001": "张示例", "500199001001002": "李示例"}
    base = [cell for cell in grids if not cell.use]
    for cell in base:
        if not cell.rural:
            until = LEFT_AT if cell.code == LEFT_GRID else None
            crew.give_grid(crew.hire(names.get(cell.code, "")), cell.code, until=until)
    villages = [cell for cell in base if cell.rural]
    for first, *second in (villages[n : n + 2] for n in range(0, len(villages), 2)):
        member = crew.hire()  # one for two village groups, now and then: 一人多格 is reported
        for cell in (first, *second):
            crew.give_grid(member, cell.code)
    _after_the_split(crew, base)


def _after_the_split(crew: _Crew, base: Sequence[Cell]) -> None:
    """Of the two new grids one is taken by the member who left, one waits with a substitute."""
    taken, waiting = sorted(cell.split_code for cell in base if cell.split_code)
    left = next(post.member for post in crew.posts if post.until == LEFT_AT)
    crew.give_grid(left, taken, since=LEFT_AT)
    neighbour = next(cell.code for cell in base if cell.split_code == waiting)
    stands_in = next(
        post.member for post in crew.posts if post.place == RegionRef("grid", neighbour)
    )
    crew.post(stands_in, PostRole.SUBSTITUTE, RegionRef("grid", waiting), since=SPLIT_AT)


def _community_workers(crew: _Crew, grids: Sequence[Cell]) -> None:
    """A secretary and a clerk a community: heads and instructors of its grids, too (一肩挑)."""
    for name, code in COMMUNITIES.items():
        community = RegionRef("community", code)
        secretary, clerk = crew.hire(), crew.hire()
        crew.post(secretary, PostRole.SECRETARY, community)
        crew.post(clerk, PostRole.CLERK, community)
        for cell in (cell for cell in grids if cell.community == name):
            grid = RegionRef("grid", cell.code)
            crew.post(secretary, PostRole.GRID_HEAD, grid)
            crew.post(clerk, PostRole.GRID_INSTRUCTOR, grid)
            if cell.use and cell.use not in RESIDENT_UNITS:
                crew.give_grid(clerk, cell.code)
            elif cell.use:
                crew.give_grid(crew.hire(), cell.code)


# ---- units and neighbours -----------------------------------------------------------------------


def _handlers(crew: _Crew) -> None:
    for number in range(1, len(UNITS) + 1):
        person = crew.hire()
        for section in (1, 2):
            place = OrganisationRef(f"500199U{number:02}-{section}")
            crew.post(person, PostRole.HANDLING_PERSON, place)
    dispatcher = crew.hire()
    crew.post(dispatcher, PostRole.DISPATCHER, RegionRef("county", COUNTY[0]))
    crew.post(dispatcher, PostRole.DISPATCHER, OrganisationRef("500199D01"))


def _neighbours(crew: _Crew, buildings: Sequence[Building]) -> None:
    """Heads of buildings, and further hands in the grids until all are hired."""
    for address, roles in HEADED:
        building = next(one for one in buildings if one.address.endswith(address))
        head = crew.hire()
        for role in roles:
            crew.post(head, role, BuildingRef(building.code))
    helpers = [post.place for post in crew.posts if post.responsible]
    for place in helpers[: PEOPLE - len(crew.members)]:
        crew.post(crew.hire(), PostRole.PART_TIME_MEMBER, place)


def _organisations() -> Iterator[Organisation]:
    county = RegionRef("county", COUNTY[0])
    kinds = OrganisationKind
    centre = "示例区网格化服务管理中心"
    yield Organisation("500199D01", centre, kinds.DEPARTMENT, county, None, "000-0000-9001")
    for number, (name, sections, handles) in enumerate(UNITS, start=1):
        code, phone = f"500199U{number:02}", f"000-0000-92{number:02}"
        yield Organisation(code, f"示例区{name}", kinds.HANDLING_UNIT, county, None, phone, handles)
        for place, section in enumerate(sections, start=1):
            kind = kinds.HANDLING_SECTION
            yield Organisation(f"{code}-{place}", section, kind, county, code)
    for number, company in enumerate(PROPERTY_COMPANIES, start=1):
        kind = kinds.PROPERTY_COMPANY
        code, acts = f"500199P{number}", ("property_company",)
        yield Organisation(code, f"示例{company}物业公司", kind, county, handles=acts)
    yield from _local_organisations()


def _local_organisations() -> Iterator[Organisation]:
    kinds = OrganisationKind
    for number, (code, name) in enumerate(SUBDISTRICTS.items(), start=1):
        office = "人民政府" if name.endswith("镇") else "办事处"
        home, phone = RegionRef("subdistrict", code), f"000-0000-93{number:02}"
        yield Organisation(
            f"{code}-O", f"示例区{name}{office}", kinds.SUBDISTRICT_OFFICE, home, None, phone
        )
        discipline = f"{name}纪检监察办公室"
        yield Organisation(f"{code}-J", discipline, kinds.DEPARTMENT, home, f"{code}-O")
    for number, (name, code) in enumerate(COMMUNITIES.items(), start=1):
        village = name.endswith("村")
        kind = kinds.VILLAGERS_COMMITTEE if village else kinds.RESIDENTS_COMMITTEE
        home, phone = RegionRef("community", code), f"000-0000-94{number:02}"
        words = f"{name}村民委员会" if village else f"{name}居民委员会"
        yield Organisation(f"{code}-C", words, kind, home, None, phone, ("committee",))
        council = f"{name}协商委员会"
        yield Organisation(
            f"{code}-X", council, kinds.COUNCIL, home, f"{code}-C", handles=("council",)
        )
    for unit, name in RESIDENT_UNITS.items():
        home = RegionRef("community", COMMUNITIES[name])
        yield Organisation(f"{COMMUNITIES[name]}-R", unit, kinds.RESIDENT_UNIT, home)
    owners = RegionRef("community", COMMUNITIES["河滨社区"])
    committee, acts = "胜利花苑业主委员会", ("owners_committee",)
    yield Organisation("500199Y01", committee, kinds.OWNERS_COMMITTEE, owners, handles=acts)
