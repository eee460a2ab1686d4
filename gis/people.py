"""Who serves where: members, the posts they hold, and the organisations that act.

Posts are dated and many to many: one grid has several people (一格多员), one person several posts
(一肩挑). What must be single is one thing only: the responsible member of a grid (一人一格).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class OrganisationKind(StrEnum):
    """What an organisation is; who must act on what, the lists say."""

    DEPARTMENT = "department"  # 职能部门
    HANDLING_UNIT = "handling_unit"  # 承办单位
    HANDLING_SECTION = "handling_section"  # 承办科室, under a unit
    SUBDISTRICT_OFFICE = "subdistrict_office"  # 街道办事处、镇政府
    RESIDENTS_COMMITTEE = "residents_committee"  # 居委会
    VILLAGERS_COMMITTEE = "villagers_committee"  # 村委会
    OWNERS_COMMITTEE = "owners_committee"  # 业主委员会
    COUNCIL = "council"  # 议事会、理事会、协商委员会
    PROPERTY_COMPANY = "property_company"  # 物业公司
    RESIDENT_UNIT = "resident_unit"  # 驻区单位
    PARTY_ALLIANCE = "party_alliance"  # 党建联盟


@dataclass(frozen=True, slots=True)
class RegionRef:
    """A region by its level and its code; codes are unique within a level only."""

    level: str
    code: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """组织: it acts for its home region. `parent` is another organisation's code.

    `handles` are the handler kinds of the lists that it is competent as (承办主体的类型).
    """

    code: str
    name: str
    kind: OrganisationKind
    home: RegionRef
    parent: str | None = None
    duty_phone: str = ""
    handles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """人员: somebody who holds posts. `phone` is the one of the service, not the private one."""

    code: str
    name: str
    phone: str = ""


class PostRole(StrEnum):
    """What somebody does in a post."""

    GRID_MEMBER = "grid_member"  # 网格员（专职）
    PART_TIME_MEMBER = "part_time_member"  # 兼职网格员
    GRID_INSTRUCTOR = "grid_instructor"  # 网格指导员
    GRID_HEAD = "grid_head"  # 网格长
    SUBSTITUTE = "substitute"  # 代管人员: stands in while a post is vacant
    BUILDING_HEAD = "building_head"  # 楼栋长
    BUILDING_AFFAIRS = "building_affairs"  # 楼栋事务管理员
    BUILDING_SANITATION = "building_sanitation"  # 楼栋卫生管理员
    BUILDING_MEDIATOR = "building_mediator"  # 楼栋治安调解员
    SECRETARY = "secretary"  # 社区（村）书记、主任
    CLERK = "clerk"  # 社区（村）工作人员
    PLANNER = "planner"  # 社区规划师
    LEGAL_AWARE_RESIDENT = "legal_aware_resident"  # 法律明白人
    DELEGATE = "delegate"  # 两代表一委员
    DISPATCHER = "dispatcher"  # 调度员
    SECTION_HEAD = "section_head"  # 科室负责人
    HANDLING_PERSON = "handling_person"  # 承办人员


@dataclass(frozen=True, slots=True)
class BuildingRef:
    """A building by its code."""

    code: str


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    """An organisation by its code."""

    code: str


@dataclass(frozen=True, slots=True)
class Post:
    """任职: one member in one role at one place, from `since` until just before `until` (aware).

    `responsible` is said of grid members only: whose grid it is.
    """

    member: str
    role: PostRole
    place: RegionRef | BuildingRef | OrganisationRef
    since: datetime
    until: datetime | None = None
    responsible: bool = False

    def held_at(self, now: datetime) -> bool:
        """Is it held at an instant (aware)? The first instant counts, the last doesn't."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One line of a list of staff: a member and, where `role` is given, a post of that member.

    `since` None: the post already held in this role at this place, or one that begins now.
    """

    member: Member
    role: PostRole | None = None
    place: RegionRef | BuildingRef | OrganisationRef | None = None
    since: datetime | None = None
    until: datetime | None = None
    responsible: bool = False


def vacancies(grids: Iterable[RegionRef], posts: Iterable[Post], now: datetime) -> list[RegionRef]:
    """空岗: the grids that have no responsible member at an instant, in the order given."""
    taken = {one.place for one in posts if one.responsible and one.held_at(now)}
    return [grid for grid in grids if grid not in taken]


def twice_responsible(posts: Iterable[Post]) -> list[tuple[Post, Post]]:
    """Pairs of posts that make two members responsible for one grid at the same time.

    Each pair in order of time; one that ends when the other begins is no pair.
    """
    by_place: dict[object, list[Post]] = defaultdict(list)
    for post in posts:
        if post.responsible:
            by_place[post.place].append(post)
    found = []
    for held in by_place.values():
        held.sort(key=lambda post: post.since)
        for number, earlier in enumerate(held):
            for later in held[number + 1 :]:
                if earlier.until is None or later.since < earlier.until:
                    found.append((earlier, later))
    return found
