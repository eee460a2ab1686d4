"""Organisations, members and posts come in: checked against what is there, then kept or not.

That no grid has two responsible members at one instant is found here, among the rows and against
what is kept, with both names and both times; the database would only refuse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gis.model import BEIJING, GRID
from gis.people import BuildingRef, OrganisationRef, Post, RegionRef, twice_responsible
from gis.sheets import ImportReport, RowFault, Sheet, Stated, rows_left_out
from gis.store import edition_life, staffing
from gis.store.grids_to_come import grids_to_come
from gis.store.regions import region_ids
from gis.store.staffing import HeldPost, PostKey
from gis.store.tables.people import organisation
from gis.store.tables.places import building
from gis.store.upserts import ids_by_code
from gis.workflows.import_places import Choice, doubles, report, sift, trial
from gis.workflows.judge_edition import judge_edition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.people import Member, Organisation, StaffLine
    from gis.store.grids_to_come import GridToCome

    Place = RegionRef | BuildingRef | OrganisationRef


# ---- organisations ------------------------------------------------------------------------------


def import_organisations(
    connection: Connection, sheet: Sheet[Organisation], as_of: AsOf, choice: Choice
) -> ImportReport:
    """Keep organisations by code.

    Faults: a home or a parent that isn't there, a chain of parents that comes back to itself.
    """
    homes = _regions(connection, (one.item.home for one in sheet.rows), as_of)
    faults = [
        *sheet.faults,
        *doubles(sheet),
        *(
            RowFault(one.row, "row.unknown_region", _named(one.item.home))
            for one in sheet.rows
            if one.item.home not in homes
        ),
    ]
    known = staffing.parents_of_organisations(connection)
    while more := list(_wrong_parents(sheet, known, rows_left_out(faults))):
        faults += more
    good, keep = sift(sheet, faults, choice)
    with trial(connection, keep=keep):
        changes = staffing.keep_organisations(connection, good, sheet.fields, homes)
    return report(sheet, faults, changes, keep=keep)


def _wrong_parents(
    sheet: Sheet[Organisation], known: dict[str, str | None], bad: frozenset[int]
) -> Iterator[RowFault]:
    rows = [one for one in sheet.rows if one.row not in bad]
    above = known | {one.item.code: one.item.parent for one in rows}
    for one in rows:
        parent = one.item.parent
        if parent is not None and parent not in above:
            yield RowFault(one.row, "row.unknown_organisation", {"code": parent})
        elif _comes_back(one.item.code, above):
            yield RowFault(one.row, "row.parent_circle", {"code": one.item.code})


def _comes_back(code: str, above: dict[str, str | None]) -> bool:
    seen = {code}
    parent = above[code]
    while parent is not None and parent not in seen:
        seen.add(parent)
        parent = above.get(parent)
    return parent == code


def _regions(
    connection: Connection, refs: Iterable[RegionRef], as_of: AsOf
) -> dict[RegionRef, int]:
    found = region_ids(connection, {(one.level, one.code) for one in refs}, as_of)
    return {RegionRef(level, code): number for (level, code), number in found.items()}


def _named(one: RegionRef) -> dict[str, str | int]:
    return {"level": one.level, "code": one.code}


# ---- members and posts --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StaffReport:
    """What became of members, and of the posts in the same rows."""

    members: ImportReport
    posts_added: int
    posts_changed: int
    posts_unchanged: int


@dataclass(frozen=True, slots=True)
class _Planned:
    """A post as a row wants it, and how it is kept now (None: it isn't)."""

    row: int
    post: HeldPost
    kept: HeldPost | None


def import_staff(
    connection: Connection, sheet: Sheet[StaffLine], as_of: AsOf, choice: Choice
) -> StaffReport:
    """Keep members by code, and their posts by member, role, place and beginning.

    Posts that the file doesn't name go on as they are: a post ends by a row that says when. One at
    a grid that an open edition brings begins with the edition's day, at the earliest, and is gone
    with an edition that is withdrawn; the edition is judged again, since the grid has somebody now.
    """
    staffing.hold_posts(connection)
    with connection.begin_nested() as ahead:
        coming = _coming(connection, sheet, as_of)
        found = _keep_staff(connection, _from_their_day(sheet, coming), coming, as_of, choice)
        if not found.members.kept:
            ahead.rollback()
    if found.members.kept:
        for edition_id in sorted({one.edition_id for one in coming.values()}):
            judge_edition(connection, edition_life.facts_of(connection, edition_id=edition_id))
    return found


def _coming(
    connection: Connection, sheet: Sheet[StaffLine], as_of: AsOf
) -> dict[RegionRef, GridToCome]:
    """The grids named that aren't in force, and that an open edition brings."""
    places = {one.item.place for one in sheet.rows}
    named = {one for one in places if isinstance(one, RegionRef) and one.level == GRID}
    strange = named - _regions(connection, named, as_of).keys()
    found = grids_to_come(connection, {one.code for one in strange})
    return {RegionRef(GRID, code): one for code, one in found.items()}


def _from_their_day(
    sheet: Sheet[StaffLine], coming: Mapping[RegionRef, GridToCome]
) -> Sheet[StaffLine]:
    """No post begins before its grid does."""
    made = []
    for one in sheet.rows:
        grid = coming.get(one.item.place) if isinstance(one.item.place, RegionRef) else None
        if grid is not None and (one.item.since is None or one.item.since < grid.begins):
            made.append(replace(one, item=replace(one.item, since=grid.begins)))
        else:
            made.append(one)
    return replace(sheet, rows=made)


def _keep_staff(
    connection: Connection,
    sheet: Sheet[StaffLine],
    coming: Mapping[RegionRef, GridToCome],
    as_of: AsOf,
    choice: Choice,
) -> StaffReport:
    places = _places(connection, sheet, as_of)
    places |= {grid: one.region_id for grid, one in coming.items()}
    faults = [*sheet.faults, *_two_faced(sheet), *_nowhere(sheet, places), *_told(sheet, coming)]
    planner = _Planner(connection, sheet, places, as_of.known_at)
    plan = planner.plan(rows_left_out(faults))
    while more := planner.faults(plan):
        faults += more
        plan = planner.plan(rows_left_out(faults))
    _, keep = sift(sheet, faults, choice)
    bad = rows_left_out(faults)
    members: dict[str, Member] = {}
    for member in (one.item.member for one in sheet.rows if one.row not in bad):
        if member.code not in members or member.phone:
            members[member.code] = member
    added = [one.post for one in plan if one.kept is None]
    changed = [one.post for one in plan if one.kept not in (None, one.post)]
    with trial(connection, keep=keep):
        changes = staffing.keep_members(connection, list(members.values()), sheet.fields)
        staffing.change_posts(connection, changed)
        staffing.add_posts(connection, added)
    return StaffReport(
        report(sheet, faults, changes, keep=keep),
        len(added),
        len(changed),
        len(plan) - len(added) - len(changed),
    )


def _told(sheet: Sheet[StaffLine], coming: Mapping[RegionRef, GridToCome]) -> Iterator[RowFault]:
    """That a post begins with its grid, and with which edition, is said and stops nothing."""
    for one in sheet.rows:
        place = one.item.place
        if isinstance(place, RegionRef) and place in coming:
            grid = coming[place]
            values: dict[str, str | int] = {"code": grid.code, "edition": grid.edition}
            values["day"] = grid.valid_from.isoformat()
            yield RowFault(one.row, "row.post_to_come", values, stops=False)


def _two_faced(sheet: Sheet[StaffLine]) -> Iterator[RowFault]:
    """A member of two rows has one name and one phone; the phone need stand in one row only."""
    first: dict[str, tuple[int, Member]] = {}
    for one in sheet.rows:
        member = one.item.member
        row, before = first.setdefault(member.code, (one.row, member))
        phones = {member.phone, before.phone} - {""}
        if before.name != member.name or len(phones) > 1:
            yield RowFault(one.row, "row.member_differs", {"code": member.code, "before": row})


def _places(connection: Connection, sheet: Sheet[StaffLine], as_of: AsOf) -> dict[Place, int]:
    """The ids of the places that are there."""
    named = [one.item.place for one in sheet.rows if one.item.place is not None]
    regions = _regions(connection, (one for one in named if isinstance(one, RegionRef)), as_of)
    buildings = ids_by_code(
        connection, building, (one.code for one in named if isinstance(one, BuildingRef))
    )
    organisations = ids_by_code(
        connection, organisation, (one.code for one in named if isinstance(one, OrganisationRef))
    )
    found: dict[Place, int] = dict(regions.items())
    found |= {BuildingRef(code): number for code, number in buildings.items()}
    found |= {OrganisationRef(code): number for code, number in organisations.items()}
    return found


def _nowhere(sheet: Sheet[StaffLine], places: dict[Place, int]) -> Iterator[RowFault]:
    for one in sheet.rows:
        place = one.item.place
        if place is None or place in places:
            continue
        if isinstance(place, RegionRef):
            yield RowFault(one.row, "row.unknown_region", _named(place))
        else:
            kind = "building" if isinstance(place, BuildingRef) else "organisation"
            yield RowFault(one.row, f"row.unknown_{kind}", {"code": place.code})


class _Planner:
    """Turns rows into posts to add, to change or to leave, and finds what can't be."""

    def __init__(
        self,
        connection: Connection,
        sheet: Sheet[StaffLine],
        places: dict[Place, int],
        now: datetime,
    ) -> None:
        self._sheet, self._places, self._now = sheet, places, now
        codes = {one.item.member.code: one.item.member.name for one in sheet.rows}
        self._held = staffing.posts_of_members(connection, codes)
        grids = {number for place, number in places.items() if isinstance(place, RegionRef)}
        self._responsible = staffing.responsible_posts(connection, grids)
        others = {one.key.member_code for one in self._responsible} - codes.keys()
        self._names = codes | staffing.names_of(connection, others)
        self._grid_codes = {
            number: place.code for place, number in places.items() if isinstance(place, RegionRef)
        }

    def plan(self, bad: frozenset[int]) -> list[_Planned]:
        return [
            self._planned(one)
            for one in self._sheet.rows
            if one.row not in bad and one.item.role is not None and one.item.place is not None
        ]

    def _planned(self, one: Stated[StaffLine]) -> _Planned:
        line = one.item
        assert line.role is not None, "asked for by plan()"
        assert line.place is not None, "asked for by plan()"
        number = self._places[line.place]
        key = PostKey(
            line.member.code,
            line.role,
            number if isinstance(line.place, RegionRef) else None,
            number if isinstance(line.place, BuildingRef) else None,
            number if isinstance(line.place, OrganisationRef) else None,
        )
        kept = self._kept(key, line.since)
        if kept is None:
            new = HeldPost(None, key, line.since or self._now, line.until, line.responsible)
            return _Planned(one.row, new, None)
        fields = self._sheet.fields
        post = replace(
            kept,
            until=line.until if "until" in fields else kept.until,
            responsible=line.responsible if "responsible" in fields else kept.responsible,
        )
        return _Planned(one.row, post, kept)

    def _kept(self, key: PostKey, since: datetime | None) -> HeldPost | None:
        """The post meant: the one that began then; without a beginning, the one held now."""
        for one in self._held:
            if one.key != key:
                continue
            held = one.since <= self._now and (one.until is None or self._now < one.until)
            if one.since == since or (since is None and held):
                return one
        return None

    def faults(self, plan: list[_Planned]) -> list[RowFault]:
        """What can't be; whether two are responsible is asked of rows that are sound alone."""
        alone = [*self._backwards(plan), *self._twice(plan)]
        return alone or list(self._two_responsible(plan))

    @staticmethod
    def _backwards(plan: list[_Planned]) -> Iterator[RowFault]:
        for one in plan:
            if one.post.until is not None and one.post.until <= one.post.since:
                times = {"since": _said(one.post.since), "until": _said(one.post.until)}
                yield RowFault(one.row, "row.until_before_since", times)

    @staticmethod
    def _twice(plan: list[_Planned]) -> Iterator[RowFault]:
        first: dict[tuple[PostKey, datetime], int] = {}
        for one in plan:
            before = first.setdefault((one.post.key, one.post.since), one.row)
            if before != one.row:
                yield RowFault(one.row, "row.double_post", {"before": before})

    def _two_responsible(self, plan: list[_Planned]) -> Iterator[RowFault]:
        """One fault a row: the later of two rows gives way, and a row to what is kept."""
        replaced = {one.kept.id for one in plan if one.kept is not None}
        rows: dict[int, int] = {}
        posts: list[Post] = []
        for held in self._responsible:
            if held.id not in replaced:
                posts.append(self._post(held))
        for one in plan:
            if one.post.responsible:
                posts.append(self._post(one.post))
                rows[id(posts[-1])] = one.row
        told: set[int] = set()
        for pair in twice_responsible(posts):
            row = max(rows.get(id(one), 0) for one in pair)
            if row and row not in told:
                told.add(row)
                yield self._clash(row, *pair)

    def _post(self, held: HeldPost) -> Post:
        number = held.key.region_id
        grid = RegionRef("region", self._grid_codes.get(number or 0, str(number)))
        return Post(held.key.member_code, held.key.role, grid, held.since, held.until, True)

    def _clash(self, row: int, earlier: Post, later: Post) -> RowFault:
        return RowFault(
            row,
            "row.two_responsible",
            {
                "grid": earlier.place.code,
                "first": self._names[earlier.member],
                "first_times": _span(earlier),
                "second": self._names[later.member],
                "second_times": _span(later),
            },
        )


def _span(post: Post) -> str:
    return f"{_said(post.since)} – {'…' if post.until is None else _said(post.until)}"


def _said(moment: datetime) -> str:
    local = moment.astimezone(BEIJING)
    return f"{local:%Y-%m-%d}" if local.hour == local.minute == 0 else f"{local:%Y-%m-%d %H:%M}"
