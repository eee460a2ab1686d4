"""What does each step change, beside the state and the clocks?

One function a step in `EFFECTS`; the others change nothing else. Everything that was given is
looked up here: organisations, grids, list items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gis.errors import BadInput, Conflict
from gis.governance.deadlines import extended
from gis.governance.lists import item_in_force
from gis.governance.steps import Input, Step
from gis.intake import Found
from gis.matters import ClockKind, MatterState, TriageQueue, Urgency
from gis.model import GRID
from gis.store.edition_lock import as_of_now
from gis.store.homes import PlaceGrids, place_grids
from gis.store.matter_json import item_to_json
from gis.store.matter_life import Move
from gis.store.people import competent, organisation_by_code, responsible_at
from gis.store.precedents import note_place, note_unit, unit_for
from gis.store.regions import region_ids

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.governance.steps import Actor
    from gis.matters import Clock, ListItem, PrivateWay, ReturnReason, TimeLimit
    from gis.store.matter_life import Kept
    from gis.store.matter_reads import Seen
    from gis.store.matter_sight import Sight
    from gis.store.matter_story import Story
    from gis.store.people import OrganisationRow
    from gis.workflows.receive_matter import Rules

Json = dict[str, Any]

BY_DESK: Final = "desk"  # how a place was found: a person said so


@dataclass(frozen=True, slots=True)
class MoreTime:
    """What an extension asks for: which clock, and by how much."""

    kind: ClockKind
    by: TimeLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody gives with a step. Codes name organisations, grids and list items.

    `counter_proposal` is the code of an organisation or of a grid; `target` a matter's number;
    `grid` moves the matter there, with the steps of the desk that say where it belongs; `place`
    says at which building or compound it is, as building:CODE or compound:CODE.
    """

    reason: str | None = None
    list_item: str | None = None
    handler: str | None = None
    section: str | None = None
    person: str | None = None
    return_reason: ReturnReason | None = None
    counter_proposal: str | None = None
    resolution: str | None = None
    result: str | None = None
    private_way: PrivateWay | None = None
    appraisal: str | None = None
    target: str | None = None
    limit: MoreTime | None = None
    grid: str | None = None
    place: str | None = None

    def inputs(self) -> frozenset[Input]:
        """Which inputs of the step table were given."""
        both = Input.SECTION_AND_PERSON
        given = {one for one in Input if one is not both and getattr(self, one)}
        return frozenset(given | ({both} if self.section and self.person else set()))


@dataclass(frozen=True)
class Case:
    """A matter in the hands of somebody who acts, with everything looked up that was given."""

    connection: Connection
    caller: Caller
    sight: Sight
    seen: Seen
    kept: Kept
    story: Story
    item: ListItem | None
    actor: frozenset[Actor]
    given: Given
    rules: Rules
    now: datetime
    handler: OrganisationRow | None = None
    target: Seen | None = None

    @property
    def state(self) -> MatterState:
        return MatterState(self.kept.state)

    @property
    def region_id(self) -> int | None:
        return self.kept.region_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a step changes beside state and clocks; `item` is the list item it goes by from now,
    `place` the building or compound that a person says it is at.
    """

    values: Json = field(default_factory=dict)
    detail: Json = field(default_factory=dict)
    item: ListItem | None = None
    move: Move | None = None
    place: str = ""
    task_for: int | None = None
    taken: tuple[str, str] | None = None
    clocks: tuple[Clock, ...] | None = None
    conduct: bool | None = None
    resolved: bool = False


def nothing(case: Case) -> Effect:
    return Effect()


def _classify(case: Case) -> Effect:
    found = item_in_force(case.given.list_item or "", case.rules.in_force.lists)
    if found is None:
        raise BadInput("error.list_item_unknown")
    item = found[0]
    move, where = _moved(case)
    region_id = where.get("region_id", case.region_id)
    handler = None
    if region_id is not None:
        at = where.get("building_id", case.kept.building_id)
        handler = competent(case.connection, item.handler, region_id, building_id=at)
    values = {
        **where,
        "item": item_to_json(item),
        "category": item.category,
        "proposed_class": item.matter_class.value,
        "matter_class": item.matter_class.value,
        "urgency": _urgency(case, item).value,
        "handler_id": handler.id if handler else None,
    }
    detail = {"class": item.matter_class.value, "handler": handler.code if handler else None}
    place = case.given.place or ""
    return Effect(values=values, detail=detail, item=item, move=move, place=place)


def _urgency(case: Case, item: ListItem) -> Urgency:
    """The item's; what a person or the text had raised above the item before stays raised."""
    before = Urgency(case.seen.row.urgency)
    own = case.item.urgency if case.item else Urgency.NORMAL
    raised = before if before.rank > own.rank else Urgency.NORMAL
    return max(item.urgency, raised, key=lambda one: one.rank)


def _set_aside(case: Case) -> Effect:
    return Effect(values={"queue": TriageQueue.UNSURE.value})


def _dispatch(case: Case) -> Effect:
    handler, item = case.handler, case.item
    if handler is None:
        raise BadInput("error.handler_unknown")
    assert item is not None, "the step table demands a decided matter"
    move, where = _moved(case)
    path = case.seen.row.region_path
    if move is None and path and handler.home_region_id not in path:
        raise BadInput("error.handler_elsewhere")
    decided = {"class": item.matter_class.value, "category": item.category}
    return Effect(
        values={**where, "handler_id": handler.id, "matter_class": item.matter_class.value},
        detail={"handler": handler.code, "handler_name": handler.name, **decided},
        move=move,
        place=case.given.place or "",
        task_for=handler.id,
    )


def _acknowledge(case: Case) -> Effect:
    return Effect(taken=(case.given.section or "", case.given.person or ""))


def _return(case: Case) -> Effect:
    code = case.given.counter_proposal or ""
    unit = organisation_by_code(case.connection, code)
    if unit is None and _grid(case, code) is None:
        raise BadInput("error.counter_proposal_unknown")
    proposed = {"kind": "organisation" if unit else "grid", "code": code}
    return Effect(
        values={"handler_id": unit.id if unit else None},
        detail={"counter_proposal": proposed | ({"name": unit.name} if unit else {})},
    )


def _deliberate(case: Case) -> Effect:
    return Effect(resolved=True)


def _settle(case: Case) -> Effect:
    assert case.item is not None, "the step table demands a decided matter"
    return Effect(values={"matter_class": case.item.matter_class.value, "handler_id": None})


def _merge(case: Case) -> Effect:
    assert case.target is not None, "the step table demands an open target"
    return Effect(values={"merged_into": case.target.row.id})


def _refer(case: Case) -> Effect:
    values = {"conduct": True, "handler_id": None, "member_post_id": None}
    return Effect(values=values, conduct=True)


def _send_back(case: Case) -> Effect:
    values = {"conduct": False, "queue": TriageQueue.UNSURE.value}
    return Effect(values=values | _member(case, case.region_id), conduct=False)


def _escalate(case: Case) -> Effect:
    return Effect(detail={"region_id": desk_above(case)})


def _extend(case: Case) -> Effect:
    asked = case.given.limit
    assert asked is not None, "the step table demands it"
    last = {one.kind: one for one in case.story.clocks}  # by kind and number: the last one stays
    one = last.get(asked.kind)
    if one is None:
        raise Conflict("error.clock_stopped")
    longer = extended(one, asked.by, case.now, case.rules.calendar, whole=last[ClockKind.WHOLE])
    clocks = tuple(longer if each is one else each for each in case.story.clocks)
    amount = {"kind": asked.kind.value, "amount": asked.by.amount, "unit": asked.by.unit.value}
    return Effect(detail={"limit": amount}, clocks=clocks)


EFFECTS: Final[Mapping[Step, Callable[[Case], Effect]]] = {
    Step.CLASSIFY: _classify,
    Step.SET_ASIDE: _set_aside,
    Step.DISPATCH: _dispatch,
    Step.ACKNOWLEDGE: _acknowledge,
    Step.RETURN: _return,
    Step.DELIBERATE: _deliberate,
    Step.SETTLE: _settle,
    Step.MERGE: _merge,
    Step.REFER: _refer,
    Step.SEND_BACK: _send_back,
    Step.ESCALATE: _escalate,
    Step.EXTEND: _extend,
}
"""What a step changes beside state and clocks; the steps left out change nothing else."""

ENDS_TASK: Final = frozenset({Step.CLASSIFY, Step.RETURN, Step.REPLY, Step.MERGE, Step.REFER})
"""Steps after which the organisation that had it has it no longer."""


def _moved(case: Case) -> tuple[Move | None, Json]:
    """Where the desk says it belongs, and whose grid that is."""
    given = case.given
    region_id = None if given.grid is None else _grid(case, given.grid)
    if given.grid is not None and region_id is None:
        raise BadInput("error.grid_unknown")
    values: Json = {}
    method = BY_DESK
    if given.place is not None:
        at = place_grids(case.connection, given.place, as_of_now(case.connection, case.now))
        region_id = _grid_of(at, region_id)
        if at is not None and at.building_id is not None:
            values, method = {"building_id": at.building_id}, Found.BUILDING.value
    if region_id is None:
        return None, {}
    return Move(region_id, method), {
        "region_id": region_id,
        **values,
        **_member(case, region_id),
    }


def _grid_of(at: PlaceGrids | None, said: int | None) -> int:
    """The grid of a building or compound, which one has to say where it isn't one alone."""
    if at is None:
        raise BadInput("error.place_unknown")
    if said is None and len(at.grids) != 1:
        raise BadInput("error.place_needs_grid")
    if said is not None and at.grids and said not in at.grids:
        raise BadInput("error.place_elsewhere")
    return at.grids[0] if said is None else said


def _grid(case: Case, code: str) -> int | None:
    as_of = as_of_now(case.connection, case.now)
    return region_ids(case.connection, {(GRID, code)}, as_of).get((GRID, code))


def _member(case: Case, region_id: int | None) -> Json:
    found = responsible_at(case.connection, region_id, case.now) if region_id else None
    return {"member_post_id": found.post_id if found else None}


def desk_above(case: Case) -> int | None:
    """The region one level above the last one it was moved up to; None at the top."""
    moved = sum(one.action == Step.ESCALATE for one in case.story.events)
    above = case.seen.row.region_path[:-1]
    return above[-1 - moved] if moved < len(above) else None


def note_precedents(case: Case, effect: Effect) -> None:
    """Remember what a person decided: where it lies, and that another unit than proposed has it."""
    connection, by = case.connection, case.caller.account_id
    if effect.move is not None and effect.move.region_id is not None:
        where, place = effect.move.region_id, effect.place
        note_place(connection, case.kept.id, where, by, case.now, place=place)
    region_id = effect.values.get("region_id", case.region_id)
    if case.handler is None or effect.task_for is None or case.item is None or region_id is None:
        return
    before = unit_for(connection, case.item.category, [*case.seen.row.region_path, region_id])
    usual = competent(connection, case.item.handler, region_id, building_id=case.kept.building_id)
    if (before or (usual and usual.id)) != case.handler.id:
        note_unit(
            connection,
            case.kept.id,
            case.item.category,
            region_id,
            case.handler.id,
            by,
            case.now,
        )
