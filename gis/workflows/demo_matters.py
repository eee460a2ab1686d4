"""The demo's past: reports of sixty days go the way of every other, each as far as it got.

They are taken in like every matter. What followed is worked out by the same step table and clocks
at its own times, but written at once: step by step through the database it would take a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gis.accounts import EVERYTHING
from gis.governance.deadlines import Terms, after_step, next_due
from gis.governance.lifecycle import allowed
from gis.governance.lists import item_in_force
from gis.governance.steps import Actor, Facts, Input, Step
from gis.intake import body_sha256
from gis.matters import Channel, MatterClass, MatterState, PrivateWay, ReturnReason, Urgency
from gis.model import BEIJING, GRID, AsOf
from gis.store import accounts
from gis.store.accounts import DEMO_LOGINS
from gis.store.matter_json import item_from_json, item_to_json
from gis.store.matter_past import Past, as_received, keep_past
from gis.store.matter_story import ENDED_HOP
from gis.store.matters import KeyUse
from gis.store.people import competent, responsible_at
from gis.store.regions import region_ids
from gis.workflows.receive_matter import Filing, receive_matter
from gis.workflows.take_step import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.contacts import ContactSeal
    from gis.governance.steps import Rule
    from gis.intake import NewMatter
    from gis.matters import ListItem
    from gis.workflows.receive_matter import Rules

Json = dict[str, Any]

WAY: Final = (
    MatterState.PROPOSED,
    MatterState.DISPATCHED,
    MatterState.ACKNOWLEDGED,
    MatterState.HANDLED,
    MatterState.VERIFIED,
    MatterState.REPLIED,
    MatterState.CLOSED,
)
"""The straight way, in order; a report says which of these it reached."""

UPON: Final[dict[Step, timedelta]] = {
    Step.CLASSIFY: timedelta(minutes=20),
    Step.DISPATCH: timedelta(minutes=40),
    Step.RETURN: timedelta(minutes=70),
    Step.ACKNOWLEDGE: timedelta(minutes=55),
    Step.DELIBERATE: timedelta(days=2),
    Step.SETTLE: timedelta(minutes=35),
    Step.HANDLE: timedelta(hours=9),
    Step.VERIFY: timedelta(hours=4),
    Step.REPLY: timedelta(hours=2),
    Step.APPRAISE: timedelta(minutes=20),
    Step.CLOSE: timedelta(minutes=30),
}
"""How long after the step before each is taken; sooner where the present comes first."""

ON_ARRIVAL: Final = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class PastReport:
    """A report of the demo: how far it got, whether it was sent back once, its true grid."""

    key: str
    new: NewMatter
    reached: MatterState
    returned: bool
    grid: str | None

    @property
    def urgency(self) -> Urgency:
        return Urgency.URGENT if self.new.urgent else Urgency.NORMAL


@dataclass(frozen=True, slots=True)
class Hands:
    """The accounts that acted: the desk and the members who verify, and those who do it."""

    desk: int
    units: int


BY_UNITS: Final = frozenset(
    {Step.ACKNOWLEDGE, Step.RETURN, Step.DELIBERATE, Step.HANDLE, Step.SETTLE}
)
"""So that somebody else verifies what they did."""

ACTOR: Final = {
    Step.CLASSIFY: Actor.DISPATCHER,
    Step.DISPATCH: Actor.DISPATCHER,
    Step.SETTLE: Actor.CLERK,
    Step.VERIFY: Actor.GRID_MEMBER,
    Step.REPLY: Actor.CLERK,
    Step.APPRAISE: Actor.CLERK,
    Step.CLOSE: Actor.DISPATCHER,
}
"""Who takes each step; the others are the handler's."""

GIVEN: Final[dict[Step, Json]] = {
    Step.RETURN: {"return_reason": ReturnReason.TOO_LITTLE_SAID.value},
    Step.ACKNOWLEDGE: {"section": "综合科", "person": "示例经办人"},
    Step.DELIBERATE: {"resolution": "经协商，按大家同意的办法处理"},
    Step.HANDLE: {"result": "已到现场处理完毕"},
    Step.SETTLE: {"result": "已当场处理完毕"},
    Step.APPRAISE: {"appraisal": "满意"},
}


def load_demo_matters(
    connection: Connection,
    reports: Iterable[PastReport],
    rules: Rules,
    seal: Callable[[], ContactSeal],
    now: datetime,
) -> None:
    """Take the reports in, oldest first, and tell of each how far it got before `now`."""
    hands = _hands(connection, now)
    pasts = []
    for one in reports:
        assert one.new.observed_at is not None, "the demo knows when"
        at = min(one.new.observed_at + ON_ARRIVAL, now)
        use = KeyUse(hands.desk, one.key, body_sha256({"demo": one.key}))
        receipt = receive_matter(connection, one.new, Filing(use, EVERYTHING, seal), rules, at)
        told = _Tale(connection, one, hands, rules, as_received(connection, receipt.no))
        told.tell(at, now)
        pasts.append(told.past)
    keep_past(connection, pasts)


def _hands(connection: Connection, now: datetime) -> Hands:
    """Two accounts that nobody can sign in with."""
    names = {"past-desk": "演示历史·受理", "past-units": "演示历史·承办"}
    desk, units = (
        accounts.add_account(
            connection, f"{DEMO_LOGINS}{login}", name, None, password_expires_at=None, now=now
        )
        for login, name in names.items()
    )
    return Hands(desk, units)


@dataclass
class _Tale:
    """One matter on its way."""

    connection: Connection
    report: PastReport
    hands: Hands
    rules: Rules
    past: Past
    taken: list[Step] = field(default_factory=list)

    def tell(self, at: datetime, now: datetime) -> None:
        """Every step it took, each a while after the one before and none after `now`."""
        while (step := self._next()) is not None:
            at = min(at + UPON[step], at + (now - at) / 2)
            self._take(step, at)

    @property
    def state(self) -> MatterState:
        return MatterState(self.past.facts["state"])

    @property
    def item(self) -> ListItem | None:
        item = self.past.facts["item"]
        return item_from_json(item) if item else None

    @property
    def matter_class(self) -> MatterClass | None:
        return self.item.matter_class if self.item else None

    # ---- which step --------------------------------------------------------------------------

    def _next(self) -> Step | None:
        """The step that brings it on, None when it has come as far as it got."""
        state, reached = self.state, self.report.reached
        if state in WAY and WAY.index(state) >= WAY.index(reached):
            return None
        minor = self.matter_class is MatterClass.MINOR and Step.SETTLE not in self.taken
        match state:
            case MatterState.TRIAGE:
                decided = self.report.grid and reached is not MatterState.PROPOSED
                return Step.CLASSIFY if decided else None
            case MatterState.PROPOSED | MatterState.RETURNED:
                return self._onward()
            case MatterState.DISPATCHED:
                back = self.report.returned and Step.RETURN not in self.taken
                return Step.RETURN if back else Step.ACKNOWLEDGE
            case MatterState.ACKNOWLEDGED:
                resolved = Step.DELIBERATE in self.taken or not minor
                return Step.HANDLE if resolved else Step.DELIBERATE
            case MatterState.HANDLED:
                return Step.VERIFY
            case MatterState.VERIFIED:
                return Step.REPLY
            case MatterState.REPLIED:
                return Step.APPRAISE if minor and Step.APPRAISE not in self.taken else Step.CLOSE
            case _:
                return None

    def _onward(self) -> Step | None:
        """To a unit where there is one; what has none is settled, if it got so far."""
        if self.past.facts["handler_id"] is not None:
            return Step.DISPATCH
        done = WAY.index(self.report.reached) >= WAY.index(MatterState.HANDLED)
        return Step.SETTLE if done and self.matter_class is not MatterClass.MAJOR else None

    # ---- what it changes ---------------------------------------------------------------------

    def _take(self, step: Step, at: datetime) -> None:
        detail = dict(GIVEN.get(step, {}))
        if step is Step.CLASSIFY:
            detail |= self._classify(at)
        if step is Step.REPLY and self.past.channel != Channel.PATROL:
            said = f"您好，您反映的问题已于{at.astimezone(BEIJING):%m月%d日}处理完毕，感谢反映。"
            self.past.replied = (said, at)
        if self._way and step in (Step.HANDLE, Step.SETTLE):
            detail["private_way"] = self._way.value
        actor = ACTOR.get(step, Actor.HANDLER)
        rule = allowed(self.state, step, self._facts(actor), set(Input))
        detail |= self._move_task(step, at)
        self._keep(rule, actor, detail, at)
        self.taken.append(step)

    @property
    def _way(self) -> PrivateWay | None:
        return PrivateWay.MUTUAL if self.matter_class is MatterClass.PRIVATE else None

    def _facts(self, actor: Actor) -> Facts:
        item = self.item
        assert item is not None, "nothing is done before a list item is found"
        return Facts(
            actor=frozenset({actor}),
            matter_class=item.matter_class,
            item_published=True,
            deliberable=item.deliberable,
            deliberated=Step.DELIBERATE in self.taken,
            named_in_full=Step.ACKNOWLEDGE in self.taken,
            on_the_spot=Step.SETTLE in self.taken,
            appraised=Step.APPRAISE in self.taken,
            private_way=self._way,
        )

    def _classify(self, at: datetime) -> Json:
        """A person says what it is and where it belongs."""
        code = self.report.grid or ""
        found = item_in_force(self.report.new.category or "", self.rules.in_force.lists)
        assert found is not None, "the demo's categories are listed"
        item = found[0]
        grid = region_ids(self.connection, {(GRID, code)}, AsOf.at(at))[GRID, code]
        handler = competent(self.connection, item.handler, grid, building_id=self.past.building_id)
        member = responsible_at(self.connection, grid, at)
        self.past.moved_at = at
        self.past.facts |= {
            "item": item_to_json(item),
            "category": item.category,
            "proposed_class": item.matter_class.value,
            "matter_class": item.matter_class.value,
            "region_id": grid,
            "handler_id": handler.id if handler else None,
            "member_post_id": member.post_id if member else None,
        }
        return {"list_item": item.category, "grid": code, "class": item.matter_class.value}

    def _move_task(self, step: Step, at: datetime) -> Json:
        tasks = self.past.tasks
        if step is Step.DISPATCH:
            tasks.append(
                {
                    "organisation_id": self.past.facts["handler_id"],
                    "hop": len(tasks) + 1,
                    "given_at": at,
                    "acknowledged_at": None,
                    "section": "",
                    "person": "",
                    "ended_at": None,
                    "ended_by": None,
                }
            )
            return {"hop": len(tasks)}
        if step is Step.ACKNOWLEDGE:
            tasks[-1] |= {"acknowledged_at": at, **GIVEN[step]}
            return {"hop": len(tasks)}
        if step in (Step.RETURN, Step.REPLY) and tasks:
            tasks[-1] |= {"ended_at": at, "ended_by": step.value}
            return {ENDED_HOP: len(tasks)}
        return {}

    def _keep(self, rule: Rule, actor: Actor, detail: Json, at: datetime) -> None:
        state = rule.to or self.state
        urgency = max(
            (self.report.urgency, self.item.urgency if self.item else Urgency.NORMAL),
            key=lambda one: one.rank,
        )
        terms = Terms(
            self.rules.calendar,
            self.rules.defaults,
            urgency,
            self.item,
            Step.DELIBERATE in self.taken,
        )
        self.past.clocks = after_step(self.past.clocks, rule, at, terms)
        due = next_due(self.past.clocks)
        facts = self.past.facts
        facts |= {
            "state": state.value,
            "queue": None,
            "version": facts["version"] + 1,
            "due_at": due.due_at if due else None,
            "closed_at": (facts["closed_at"] or at) if state in ENDED else None,
        }
        if rule.step in (Step.DISPATCH, Step.SETTLE):
            facts["matter_class"] = self.matter_class
        account = self.hands.units if rule.step in BY_UNITS else self.hands.desk
        self.past.events.append((rule.step.value, state.value, [actor.value], account, detail, at))
