"""What the life of a matter is made of: actors, steps, inputs, conditions, and a row of its table.

The rows stand in `step_table`, the functions that read them in `lifecycle`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.matters import Deliberable, MatterClass, PrivateWay

if TYPE_CHECKING:
    from gis.matters import ClockKind, MatterState


class Actor(StrEnum):
    """What somebody is to one matter; the caller works it out from posts, scope and tasks."""

    GRID_MEMBER = "grid_member"  # 属地网格员: of the grid it lies in
    HANDLER = "handler"  # 承办: of the unit, committee or company it was dispatched to
    DISPATCHER = "dispatcher"  # 调度员
    CLERK = "clerk"  # 社区工作人员
    REPORTER = "reporter"  # 反映人
    DISCIPLINE = "discipline"  # 纪检监察
    SYSTEM = "system"  # the service itself


class Step(StrEnum):
    """What can be done with a matter. Each has its sentence `step.<value>`."""

    CLASSIFY = "classify"  # 分流: say by which list item it is of which class
    SET_ASIDE = "set_aside"  # 转研判
    DISPATCH = "dispatch"  # 派单; by it a person confirms the class
    ACKNOWLEDGE = "acknowledge"  # 签收
    RETURN = "return"  # 退单
    DELIBERATE = "deliberate"  # 议定: the resolution of a deliberation
    HANDLE = "handle"  # 办结反馈
    SETTLE = "settle"  # 即办: settled on the spot
    VERIFY = "verify"  # 核查通过
    REWORK = "rework"  # 核查不通过，返工
    REPLY = "reply"  # 已逐一回复
    APPRAISE = "appraise"  # 评事
    CLOSE = "close"  # 结案
    REOPEN = "reopen"  # 重办
    CANCEL = "cancel"  # 注销
    MERGE = "merge"  # 并案
    REFER = "refer"  # 转纪检监察
    SEND_BACK = "send_back"  # 纪检监察退回
    CONCLUDE = "conclude"  # 纪检监察答复办结
    ESCALATE = "escalate"  # 上交一级
    EXTEND = "extend"  # 延期
    PAUSE = "pause"  # 暂停计时
    RESUME = "resume"  # 恢复计时


class Input(StrEnum):
    """What somebody must give with a step. Each has its sentence `error.needs.<value>`."""

    REASON = "reason"
    LIST_ITEM = "list_item"
    HANDLER = "handler"
    SECTION_AND_PERSON = "section_and_person"
    RETURN_REASON = "return_reason"
    COUNTER_PROPOSAL = "counter_proposal"  # another unit or another grid
    RESOLUTION = "resolution"
    RESULT = "result"
    PRIVATE_WAY = "private_way"
    APPRAISAL = "appraisal"
    TARGET = "target"  # the matter it is merged into
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so about a matter, and about who acts, at the moment of a step.

    `actor_handled`: whoever acts has handled it or works in the unit that did. `auto`: the list
    approves the item for automatic dispatch, and the proposal was confident. `named_in_full`:
    unit, section and person are set. `returned_before`: the present handler has sent it back once.
    `on_the_spot`: the present handling was. `paused`: its unit clock is. `waiting_reporters`: those
    without an own reply since the last reopening, reporters of merged matters included.

    The last four speak of what is given with the step: `handler_...` of the handler chosen,
    `target_open` of the matter to merge into (open, another one, no complaint about people),
    `levels_up` of how far it is moved up.
    """

    actor: frozenset[Actor]
    matter_class: MatterClass | None = None
    item_published: bool = False
    auto: bool = False
    negative: bool = False
    conduct: bool = False
    actor_handled: bool = False
    named_in_full: bool = False
    returned_before: bool = False
    on_the_spot: bool = False
    deliberable: Deliberable = Deliberable.UNKNOWN
    deliberated: bool = False
    appraised: bool = False
    private_way: PrivateWay | None = None
    waiting_reporters: int = 0
    paused: bool = False
    handler_self_governing: bool = False
    handler_is_reporter: bool = False
    target_open: bool = False
    levels_up: int = 0


class Condition(StrEnum):
    """What must be so. Each has its sentence `error.blocked.<value>`."""

    DECIDED = "decided"
    CONFIRMED = "confirmed"
    HANDLER_ALLOWED = "handler_allowed"
    NOT_OWN_REPORT = "not_own_report"
    FIRST_RETURN = "first_return"
    NAMED_IN_FULL = "named_in_full"
    DELIBERABLE = "deliberable"
    RESOLVED = "resolved"
    SMALL = "small"
    OTHER_PERSON = "other_person"
    ALL_REPLIED = "all_replied"
    APPRAISED = "appraised"
    WAY_CHOSEN = "way_chosen"
    TARGET_OPEN = "target_open"
    ONE_LEVEL = "one_level"
    RUNNING = "running"
    PAUSED = "paused"


_MAJOR, _MINOR, _PRIVATE = MatterClass

HOLDS: Final[Mapping[Condition, Callable[[Facts], bool]]] = {
    # 谁来划、以什么标准来划: a class is decided by a published list item.
    Condition.DECIDED: lambda f: f.item_published and f.matter_class is not None,
    # A person confirms, unless the list approves the item for automatic dispatch.
    Condition.CONFIRMED: lambda f: f.auto or f.actor != {Actor.SYSTEM},
    Condition.HANDLER_ALLOWED: lambda f: not (f.negative and f.handler_self_governing),
    # 不得自报自办
    Condition.NOT_OWN_REPORT: lambda f: not f.handler_is_reporter,
    Condition.FIRST_RETURN: lambda f: not f.returned_before,
    Condition.NAMED_IN_FULL: lambda f: f.matter_class is not _MAJOR or f.named_in_full,
    Condition.DELIBERABLE: lambda f: (
        f.matter_class is _MINOR and f.deliberable is not Deliberable.NO
    ),
    Condition.RESOLVED: lambda f: f.matter_class is not _MINOR or f.on_the_spot or f.deliberated,
    Condition.SMALL: lambda f: f.matter_class in (_MINOR, _PRIVATE) and not f.negative,
    Condition.OTHER_PERSON: lambda f: not f.actor_handled,
    Condition.ALL_REPLIED: lambda f: f.waiting_reporters == 0,
    Condition.APPRAISED: lambda f: f.matter_class is not _MINOR or f.on_the_spot or f.appraised,
    Condition.WAY_CHOSEN: lambda f: f.matter_class is not _PRIVATE or f.private_way is not None,
    Condition.TARGET_OPEN: lambda f: f.target_open,
    Condition.ONE_LEVEL: lambda f: f.levels_up == 1,
    Condition.RUNNING: lambda f: not f.paused,
    Condition.PAUSED: lambda f: f.paused,
}

OF_THE_INPUT: Final = frozenset(
    {
        Condition.HANDLER_ALLOWED,
        Condition.NOT_OWN_REPORT,
        Condition.TARGET_OPEN,
        Condition.ONE_LEVEL,
    }
)
"""Conditions on what is given with the step: nobody can say before it is given."""

OF_THE_ACTOR: Final = frozenset({Condition.CONFIRMED, Condition.OTHER_PERSON})
"""Conditions that another person could fulfil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: a step from some states to one (None: it stays), for some actors.

    `of_class` adds inputs for matters of one class. `when` picks between rows of one step and
    state. `stops`, `starts`, `pauses` and `resumes` are the clocks it moves, in this order; a clock
    that isn't running isn't stopped. `restates`: the whole clock goes by the item now decided,
    still from receipt.
    """

    step: Step
    from_states: frozenset[MatterState]
    to: MatterState | None
    actors: frozenset[Actor]
    inputs: tuple[Input, ...] = ()
    of_class: Mapping[MatterClass, tuple[Input, ...]] | None = None
    conditions: tuple[Condition, ...] = ()
    when: Callable[[Facts], bool] | None = None
    stops: tuple[ClockKind, ...] = ()
    starts: tuple[ClockKind, ...] = ()
    pauses: tuple[ClockKind, ...] = ()
    resumes: tuple[ClockKind, ...] = ()
    restates: bool = False
