"""A town whose matters live: two communities of one subdistrict, units, members, their accounts.

town = Town(connection)
no = town.arrives("楼下油烟", "E0601", at=town.day)
town.takes("desk", no, Step.DISPATCH, handler="market")
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import Range

from gis.accounts import Caller, Grant, Role, Scope
from gis.contacts import ContactSeal, new_key
from gis.governance.arrangements import published_days
from gis.governance.calendar import WorkCalendar
from gis.governance.rulebook import rulebook
from gis.governance.steps import Step
from gis.intake import CodeGiven, Contact, NewMatter, Thing
from gis.matters import Channel
from gis.model import BEIJING, AsOf
from gis.store import accounts
from gis.store.matter_story import Story, seen
from gis.store.matters import KeyUse
from gis.store.tables.matters import matter
from gis.store.tables.people import member, organisation, post
from gis.store.tables.regions import region_code
from gis.workflows.receive_matter import Filing, Rules, receive_matter
from gis.workflows.reply_to_report import reply_to
from gis.workflows.step_effects import Given
from gis.workflows.take_step import look_at, take_step
from tests.makers import keep
from tests.sketch import sketch

BOOK = rulebook()
RULES = Rules(BOOK.in_force(), BOOK.defaults, WorkCalendar(published_days(), BOOK.hours))
SEAL = ContactSeal([new_key()])
BEFORE = datetime(2026, 1, 1, tzinfo=BEIJING)

_keys = itertools.count(1)


def at(written: str) -> datetime:
    """`09-30 17:20` of 2026 in Beijing."""
    return datetime.strptime(f"2026-{written}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


START = at("09-30 16:40")

# login → what it may do, the organisation it works for, the grid it is responsible for
PEOPLE: dict[str, tuple[tuple[tuple[Role, str | None], ...], str | None, str | None]] = {
    "zhang": (((Role.GRID_MEMBER, "A"),), None, "A"),
    "li": (((Role.GRID_MEMBER, "B"),), None, "B"),
    "chen": (((Role.GRID_MEMBER, "C"),), None, "C"),
    "secretary": (((Role.COMMUNITY_CLERK, "K"),), "committee", None),
    "clerk": (((Role.COMMUNITY_CLERK, "K"),), None, None),
    "desk": (((Role.DISPATCHER, "S"),), None, None),
    "market": ((), "market", None),
    "city": ((), "city", None),
    "section": ((), "section", None),
    "auditor": (((Role.AUDITOR, "S"),), None, None),
    "discipline": (((Role.DISCIPLINE, "S"),), None, None),
    "planner": (((Role.PLANNER, None),), None, None),
    "it": (((Role.ACCOUNT_ADMIN, None),), None, None),
    "machine": (((Role.HANDLING_UNIT, "S"),), None, None),
    "nobody": ((), None, None),
}


@dataclass
class Town:
    """Subdistrict S over community K (grids A, B) and community L (grid C)."""

    connection: Connection
    regions: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, Caller] = field(default_factory=dict)
    now: datetime = START

    def __post_init__(self) -> None:
        drawn = {"subdistrict": ("S S S", {}), "community": ("K K L", {"K": "S", "L": "S"})}
        drawn["grid"] = ("A B C", {"A": "K", "B": "K", "C": "L"})
        for level, (drawing, parents) in drawn.items():
            rows = sketch(drawing, parents=parents)
            keep(self.connection, rows, level=level, edition=level, now=BEFORE)
        found = self.connection.execute(select(region_code.c.code, region_code.c.region_id))
        self.regions = {row.code: row.region_id for row in found}
        self._unit("market", "S", ["market_regulation"])
        self._unit("city", "S", ["urban_management", "sanitation"])
        self._unit("section", "S", [], parent_id=self.units["city"])
        self._unit("committee", "K", ["committee"], kind="residents_committee")
        self._unit("elsewhere", "L", ["committee"], kind="residents_committee")
        for login in PEOPLE:
            self._person(login)

    def _unit(self, code: str, home: str, handles: list[str], **more: Any) -> None:
        values = {"kind": "handling_unit", "name": f"{code}单位", "handles": handles} | more
        made = insert(organisation).values(code=code, home_region_id=self.regions[home], **values)
        self.units[code] = self.connection.execute(made.returning(organisation.c.id)).scalar_one()

    def _person(self, login: str) -> None:
        roles, unit, grid = PEOPLE[login]
        account_id = accounts.add_account(
            self.connection, login, f"示例{login}", None, password_expires_at=None, now=BEFORE
        )
        grants = tuple(Grant(role, self.regions[at] if at else None) for role, at in roles)
        self.people[login] = Caller(account_id, login, login, grants)
        if not unit and not grid:
            return
        made = insert(member).values(code=login, name=f"示例{login}", account_id=account_id)
        member_id = self.connection.execute(made.returning(member.c.id)).scalar_one()
        place = {"organisation_id": self.units[unit]} if unit else {"region_id": self.regions[grid]}
        self.connection.execute(
            insert(post).values(
                member_id=member_id,
                role="clerk" if unit else "grid_member",
                responsible=not unit,
                valid=Range(BEFORE, None),
                **place,
            )
        )

    # ---- what happens ---------------------------------------------------------------------------

    def arrives(self, text: str, category: str | None, by: str = "clerk", **more: Any) -> str:
        """A matter at grid A unless `grid` or `place` says another; its number. `contact` is a
        phone.
        """
        grid, phone = more.pop("grid", "A"), more.pop("contact", None)
        place = more.pop("place", CodeGiven(Thing.GRID, grid, by_qr=True))
        self.now = more.pop("now", self.now)
        new = NewMatter(
            text=text,
            category=category,
            channel=more.pop("channel", Channel.COUNTER),
            place=place,
            contact=Contact("某人", phone) if phone else None,
            **more,
        )
        use = KeyUse(self.people[by].account_id, f"key-{next(_keys):06}", b"sum")
        filing = Filing(use, Scope(), lambda: SEAL)
        return receive_matter(self.connection, new, filing, RULES, self.now).no

    def takes(self, login: str, no: str, step: Step, now: datetime | None = None, **given: Any):
        """Somebody takes a step with the matter as it is."""
        self.now = now or self.now + timedelta(minutes=1)
        version = given.pop("version", None) or self.version(no)
        who = self.people[login]
        take_step(self.connection, who, no, step, version, Given(**given), RULES, self.now)

    def replies(self, login: str, no: str, now: datetime | None = None) -> None:
        """Somebody answers every reporter that `login` sees."""
        self.now = now or self.now + timedelta(minutes=1)
        who = self.people[login]
        story = look_at(self.connection, who, no, RULES, self.now).story
        for one in story.reports:
            version = self.version(no)
            reply_to(self.connection, who, no, one.id, "已处理", version, RULES, self.now)

    # ---- what is seen ---------------------------------------------------------------------------

    def sees(self, login: str, no: str) -> tuple[Any, Story, list[Any]]:
        """Row, story and next steps as one person sees them. Raises NotFound."""
        who = self.people[login]
        looked = look_at(self.connection, who, no, RULES, self.now)
        row, shown = seen(looked.seen, looked.story, looked.sight)
        return row, shown, looked.steps

    def version(self, no: str) -> int:
        return self.connection.execute(
            select(matter.c.version).where(matter.c.no == no)
        ).scalar_one()

    def as_of(self) -> AsOf:
        return AsOf.at(self.now)
