"""Which matters are at hand, and what is there to say of one? Everything through one sight.

Lists hold what is at hand for the caller; the detail of one also opens to organisations that had a
task on it, as it stood when their task ended. What isn't seen is answered like what isn't there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, literal, or_, select, tuple_, union

from gis.accounts import Scope
from gis.codes import named
from gis.errors import NotFound
from gis.governance.masking import masked
from gis.model import BEIJING, COMMUNITY, GRID
from gis.store import regions
from gis.store.database import rows
from gis.store.matter_sight import View, at_hand, view, ways
from gis.store.scope import within
from gis.store.tables.matters import matter
from gis.store.tables.people import member, organisation, post
from gis.store.tables.places import building
from gis.store.tables.regions import region

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from gis.matters import MatterClass, MatterState, TriageQueue, Urgency
    from gis.model import AsOf
    from gis.store.matter_sight import Sight
    from gis.store.regions import Ancestor, Box

UNKNOWN: Final = "error.matter_not_found"
"""Said of what isn't there and of what isn't seen: 未找到，或不在您的权限范围内."""


@dataclass(frozen=True, slots=True)
class Named:
    """A code and the name that goes with it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A matter as lists show it. Phones and identity numbers in `text` are masked.

    Of a complaint about people the text is left out: it is read one by one, and that is written
    down. `lon`, `lat` are degrees, EPSG:4490; the building's point where the matter has none.
    """

    id: int
    no: str
    text: str
    category: str | None
    matter_class: str | None
    proposed_class: str | None
    urgency: str
    state: str
    queue: str | None
    conduct: bool
    due_at: datetime | None
    closed_at: datetime | None
    received_at: datetime
    observed_at: datetime
    region_path: tuple[int, ...]
    handler: Named | None
    building: Named | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    origin: str
    version: int
    grid: Named | None = None
    community: Named | None = None

    def late(self, now: datetime) -> bool:
        """Is its next due time over? The due instant itself is in time."""
        return self.due_at is not None and now > self.due_at


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; all given ones hold together.

    `region` is a level and a code, `box` west, south, east, north in degrees (WGS 84), `words` a
    part of the text or the whole number.
    """

    region: tuple[str, str] | None = None
    member: str | None = None
    handler: str | None = None
    matter_class: MatterClass | None = None
    state: MatterState | None = None
    queue: TriageQueue | None = None
    urgency: Urgency | None = None
    is_open: bool | None = None
    due_before: datetime | None = None
    box: Box | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class After:
    """A place in a list: the due time and id of the row before."""

    due_at: datetime | None
    id: int

    @classmethod
    def row(cls, row: MatterRow) -> After:
        return cls(row.due_at, row.id)


# ---- lists --------------------------------------------------------------------------------------


def list_matters(
    connection: Connection,
    sight: Sight,
    filters: Filters,
    as_of: AsOf,
    *,
    after: After | None = None,
    most: int,
) -> list[MatterRow]:
    """Matters at hand by due time, those without one last; ties by id. At most `most`.

    Raises NotFound for a region that isn't there. A member or an organisation that isn't there has
    no matters: who serves where isn't told here.
    """
    wanted = _conditions(connection, filters, as_of)
    found = connection.execute(
        _ROWS.where(matter.c.id.in_(_first(sight, wanted, after, most))).order_by(*_ORDER)
    )
    return _with_regions(connection, [_row(one) for one in found], as_of)


def count_by(
    connection: Connection, sight: Sight, filters: Filters, as_of: AsOf, now: datetime
) -> list[tuple[str | None, str, str, bool, int]]:
    """How many matters at hand: (class or proposed class, state, urgency, late, count)."""
    late = func.coalesce(matter.c.due_at < now, False)
    keys = (
        func.coalesce(matter.c.matter_class, matter.c.proposed_class),
        matter.c.state,
        matter.c.urgency,
        late,
    )
    statement = (
        select(*keys, func.count())
        .where(at_hand(sight), *_conditions(connection, filters, as_of))
        .group_by(*keys)
        .order_by(*keys)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(statement)]


UNREAD: Final = frozenset({"proposal", "item", "raw_place", "query_code", "geom"})
_ORDER: Final = (matter.c.due_at.asc().nulls_last(), matter.c.id)
_PLACE: Final = func.coalesce(matter.c.geom, building.c.point)
_ROWS: Final = (
    select(
        *(column for column in matter.c if column.name not in UNREAD),
        region.c.home_path,
        organisation.c.code.label("handler_code"),
        organisation.c.name.label("handler_name"),
        building.c.code.label("building_code"),
        building.c.name.label("building_name"),
        func.ST_X(_PLACE).label("lon"),
        func.ST_Y(_PLACE).label("lat"),
    )
    .outerjoin(region, region.c.id == matter.c.region_id)
    .outerjoin(organisation, organisation.c.id == matter.c.handler_id)
    .outerjoin(building, building.c.id == matter.c.building_id)
)


def _first(
    sight: Sight, wanted: list[ColumnElement[bool]], after: After | None, most: int
) -> Select[Any]:
    """The first ids of each way, put together: each way can then go along its own index."""
    parts = [
        select(matter.c.id, matter.c.due_at)
        .where(way, *wanted, *rest)
        .order_by(*_ORDER)
        .limit(most)
        for way in ways(sight)
        for rest in _later(after)
    ]
    both = union(*(select(part.subquery()) for part in parts)).subquery()
    return select(both.c.id).order_by(both.c.due_at.asc().nulls_last(), both.c.id).limit(most)


def _later(after: After | None) -> list[list[ColumnElement[bool]]]:
    """What comes after a place in the list, in parts that an index can serve each by itself."""
    here = matter.c
    if after is None:
        return [[]]
    if after.due_at is None:
        return [[here.due_at.is_(None), here.id > after.id]]
    following = tuple_(here.due_at, here.id) > tuple_(literal(after.due_at), literal(after.id))
    return [[following], [here.due_at.is_(None)]]


def _conditions(connection: Connection, filters: Filters, as_of: AsOf) -> list[ColumnElement[bool]]:
    here = matter.c
    equal = {
        here.matter_class: filters.matter_class,
        here.state: filters.state,
        here.queue: filters.queue,
        here.urgency: filters.urgency,
    }
    found = [column == value.value for column, value in equal.items() if value is not None]
    if filters.region is not None:
        found.append(here.region_id.in_(_under(connection, filters.region, as_of)))
    if filters.member is not None:
        found.append(here.member_post_id.in_(_posts(filters.member)))
    if filters.handler is not None:
        found.append(here.handler_id.in_(_organisation(filters.handler)))
    if filters.is_open is not None:
        found.append(here.closed_at.is_(None) if filters.is_open else here.closed_at.is_not(None))
    if filters.due_before is not None:
        found.append(here.due_at < filters.due_before)
    if filters.box is not None:
        found.append(_in_box(filters.box))
    if filters.words:
        found.append(
            or_(
                here.no == filters.words,
                and_(~here.conduct, here.text.icontains(filters.words, autoescape=True)),
            )
        )
    return found


def _under(connection: Connection, named: tuple[str, str], as_of: AsOf) -> Select[Any]:
    found = regions.region_ids(connection, {named}, as_of)
    if not found:
        raise NotFound("error.region_not_found", code=named[1], day=as_of.valid_on.isoformat())
    return select(region.c.id).where(within(Scope(frozenset(found.values()))))


def _posts(code: str) -> Select[Any]:
    held = select(post.c.id).join(member, member.c.id == post.c.member_id)
    return held.where(member.c.code == code)


def _organisation(code: str) -> Select[Any]:
    return select(organisation.c.id).where(organisation.c.code == code)


def _in_box(box: Box) -> ColumnElement[bool]:
    edges = func.ST_MakeEnvelope(*box, 4490)
    there = select(building.c.id).where(building.c.point.op("&&")(edges))
    without = and_(matter.c.geom.is_(None), matter.c.building_id.in_(there))
    return or_(matter.c.geom.op("&&")(edges), without)


# ---- one matter ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """One matter as its reader sees it."""

    row: MatterRow
    view: View


def one_matter(connection: Connection, sight: Sight, no: str, as_of: AsOf) -> Seen:
    """One matter by its number. Raises NotFound, for unseen and for unknown alike; of one that was
    held within the reader's regions before it says where it went.
    """
    found = connection.execute(
        _ROWS.add_columns(view(sight).label("view")).where(matter.c.no == no)
    ).one_or_none()
    if found is None or found.view is None:
        raise _gone(connection, sight, no, as_of)
    [row] = _with_regions(connection, [_row(found, opened=True)], as_of)
    return Seen(row, View(found.view))


def _gone(connection: Connection, sight: Sight, no: str, as_of: AsOf) -> NotFound:
    """Codes and names of regions are open; that a matter was here, its former reader knows."""
    asked = {"no": no, "valid_on": as_of.valid_on, "scope_ids": sorted(sight.scope.region_ids)}
    for row in rows(connection, "matter_moved", **asked):
        where = named(row.name or "", row.code, row.parent)
        return NotFound("error.matter_moved", no=no, region=where)
    return NotFound(UNKNOWN)


def _row(found: Any, *, opened: bool = False) -> MatterRow:
    hidden = found.conduct and not opened
    return MatterRow(
        id=found.id,
        no=found.no,
        text="" if hidden else masked(found.text),
        category=found.category,
        matter_class=found.matter_class,
        proposed_class=found.proposed_class,
        urgency=found.urgency,
        state=found.state,
        queue=found.queue,
        conduct=found.conduct,
        due_at=_local(found.due_at),
        closed_at=_local(found.closed_at),
        received_at=found.received_at.astimezone(BEIJING),
        observed_at=found.observed_at.astimezone(BEIJING),
        region_path=tuple(found.home_path or ()),
        handler=_named(found.handler_code, found.handler_name),
        building=_named(found.building_code, found.building_name),
        lon=found.lon,
        lat=found.lat,
        accuracy_m=found.accuracy_m,
        origin=found.origin,
        version=found.version,
    )


def _local(instant: datetime | None) -> datetime | None:
    return instant.astimezone(BEIJING) if instant else None


def _named(code: str | None, name: str | None) -> Named | None:
    return None if code is None else Named(code, name or "")


def _with_regions(
    connection: Connection, rows: Sequence[MatterRow], as_of: AsOf
) -> list[MatterRow]:
    """The rows with the names of their grids and communities, asked for once for all of them."""
    known = names_of(connection, (one for row in rows for one in row.region_path), as_of)
    return [
        replace(
            row,
            grid=_at(row.region_path, known, GRID),
            community=_at(row.region_path, known, COMMUNITY),
        )
        for row in rows
    ]


def names_of(connection: Connection, ids: Iterable[int], as_of: AsOf) -> dict[int, Ancestor]:
    """Level, code and name of regions on a day, by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {one.id: one for one in regions.ancestors(connection, wanted, as_of)}


def _at(path: tuple[int, ...], known: dict[int, Ancestor], level: str) -> Named | None:
    for region_id in path:
        found = known.get(region_id)
        if found is not None and found.level == level and found.code is not None:
            return Named(found.code, found.name or "")
    return None
