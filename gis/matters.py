"""The nouns of matters: what is reported, of which class, who must act on it and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.errors import BadInput, Value

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Label:
    """A name that belongs to data, not to the screens: Chinese, and English where it was given."""

    zh: str
    en: str = ""

    def said_in(self, language: str) -> str:
        """The name in a language; the Chinese one where there is no other.

        >>> Label("暴露垃圾", "Exposed rubbish").said_in("en"), Label("修枝").said_in("en")
        ('Exposed rubbish', '修枝')
        """
        return self.en if self.en and language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence for the reader's own language: its key, and what fills its gaps."""

    key: str
    values: Mapping[str, Value | Label] = field(default_factory=dict)

    def filled(self, language: str) -> dict[str, Value]:
        """What fills the gaps in one language, ready for `maps.words.say`."""
        return {
            name: one.said_in(language) if isinstance(one, Label) else one
            for name, one in self.values.items()
        }


class MatterClass(StrEnum):
    """三事分流: who must act on a matter. Not how urgent it is."""

    MAJOR = "major"  # 大事 · 公家事 · red: the government acts
    MINOR = "minor"  # 小事 · 大家事 · orange: the community settles it together
    PRIVATE = "private"  # 私事 · 自家事 · yellow: the residents themselves, with guidance


class Urgency(StrEnum):
    """紧急程度: how fast somebody must act, whoever it is."""

    NORMAL = "normal"
    URGENT = "urgent"
    CRITICAL = "critical"  # life or limb

    @property
    def rank(self) -> int:
        """0 for ordinary matters, more for more urgent ones."""
        return list(Urgency).index(self)


class Channel(StrEnum):
    """上报渠道: the way a matter came in."""

    PATROL = "patrol"  # 网格员巡查发现
    VISIT = "visit"  # 走访
    COUNTER = "counter"  # 窗口登记
    PHONE = "phone"
    WEB = "web"  # 居民网上上报
    QR = "qr"  # 扫码上报
    HOTLINE = "hotline"  # 12345
    PROPOSAL = "proposal"  # 提案、建议
    UPSTREAM = "upstream"  # 上级交办
    API = "api"  # 其他系统


class PrivateWay(StrEnum):
    """私事的解决途径: how the residents' own matter is solved."""

    SELF = "self"  # 自行解决
    MUTUAL = "mutual"  # 邻里互助、调解
    MARKET = "market"  # 市场服务


class Party(StrEnum):
    """三事分责: which side of society acts."""

    GOVERNMENT = "government"
    SOCIETY = "society"
    RESIDENTS = "residents"


PARTY_OF: Final = {
    MatterClass.MAJOR: Party.GOVERNMENT,
    MatterClass.MINOR: Party.SOCIETY,
    MatterClass.PRIVATE: Party.RESIDENTS,
}
"""Who acts on each class: the meaning of the three classes."""


class MatterState(StrEnum):
    """办理状态: where a matter stands. Each has its sentence `state.<value>`."""

    TRIAGE = "triage"  # 待研判: in one of the queues of `TriageQueue`
    PROPOSED = "proposed"  # 待确认: class and handler proposed
    DISPATCHED = "dispatched"  # 已派单
    ACKNOWLEDGED = "acknowledged"  # 已签收
    HANDLED = "handled"  # 已办理，待核查
    VERIFIED = "verified"  # 已核查，待回复
    REPLIED = "replied"  # 已逐一回复
    CLOSED = "closed"  # 已结案
    RETURNED = "returned"  # 已退单
    REOPENED = "reopened"  # 已重开
    REFERRED = "referred"  # 已转纪检监察: not a matter of the three classes
    CANCELLED = "cancelled"  # 已注销
    MERGED = "merged"  # 已并入另一事项


class TriageQueue(StrEnum):
    """待研判的原因: why a person has to look before anything goes on."""

    UNSURE = "unsure"  # the place or the category isn't certain
    UNKNOWN = "unknown"  # the place isn't known at all
    OUTSIDE = "outside"  # it lies outside every region
    VACANT = "vacant"  # nobody holds the post


class ReturnReason(StrEnum):
    """退单原因: why a handler may send a matter back; a counter-proposal goes with it."""

    NOT_COMPETENT = "not_competent"  # 职责不符
    OTHER_PLACE = "other_place"  # 属地不符
    OWNER_UNCLEAR = "owner_unclear"  # 权属不清
    TOO_LITTLE_SAID = "too_little_said"  # 描述不清，无法办理


class TimeUnit(StrEnum):
    """时限单位."""

    CLOCK_HOUR = "clock_hour"  # 紧急工作时: runs through nights and holidays
    WORKING_HOUR = "working_hour"  # 工作时: runs within service hours only
    WORKING_DAY = "working_day"  # 工作日: of the calendar with its make-up days
    CALENDAR_DAY = "calendar_day"  # 自然日

    @property
    def in_service(self) -> bool:
        """Does it run on working days only?"""
        return self in (TimeUnit.WORKING_HOUR, TimeUnit.WORKING_DAY)


LONGEST_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """时限: so many units, 1 … 2000. Raises BadInput for other amounts."""

    amount: int
    unit: TimeUnit

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= LONGEST_LIMIT:
            raise BadInput("error.time_limit", amount=self.amount, longest=LONGEST_LIMIT)


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit as a list publishes it. `verified`: compared with the printed rule."""

    time: TimeLimit
    source: str
    verified: bool = False


class ClockKind(StrEnum):
    """三个时钟, and the smaller one within the second."""

    INTAKE = "intake"  # 受理: receipt → dispatch
    ACKNOWLEDGE = "acknowledge"  # 签收: dispatch → acknowledgement
    UNIT = "unit"  # 处置: dispatch → feedback
    WHOLE = "whole"  # 全程: receipt → reply; never starts anew


@dataclass(frozen=True, slots=True)
class Clock:
    """One running, paused or stopped limit of one matter. All instants are aware.

    `number` counts the clocks of one kind of one matter, from 1: each dispatch starts another one.
    `limit` is None for an inherited due date, which somebody above us has set and we can't move.
    `provisional`: a day on the way belongs to a year whose holidays aren't published yet. `moved`:
    extended or resumed, so that the limit alone no longer says when it is due.
    """

    kind: ClockKind
    started_at: datetime
    due_at: datetime
    limit: TimeLimit | None
    number: int = 1
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    provisional: bool = False
    moved: bool = False

    @property
    def inherited(self) -> bool:
        return self.limit is None

    @property
    def running(self) -> bool:
        return self.paused_at is None and self.stopped_at is None


class CategoryKind(StrEnum):
    """部件、事件、服务: for a component its owner comes first, for an event the place."""

    COMPONENT = "component"
    EVENT = "event"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Where to look for the same matter reported before: metres on the ground, days back."""

    radius_m: float
    days: int


@dataclass(frozen=True, slots=True)
class MatterCategory:
    """事项类别: what a matter is about, whoever must act.

    `words` are what people write when they mean it; the parts of `a+b` must all occur.
    `duplicate` is None where reports are never offered as the same.
    """

    code: str
    name: Label
    kind: CategoryKind
    words: tuple[str, ...] = ()
    duplicate: DuplicateRule | None = None


@dataclass(frozen=True, slots=True)
class HandlerKind:
    """承办主体的类型: the kind of body that is competent, not the body itself.

    `self_governing` marks bodies of self-government (村居委会、业委会、议事会): they can't be made
    responsible for what the negative list names.
    """

    code: str
    name: Label
    party: Party
    self_governing: bool = False


class Deliberable(StrEnum):
    """可否协商 (六议六不议)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ListItem:
    """责任清单条目: what a published list says about one category.

    `handler` is the code of a `HandlerKind`. `first_action` and `acknowledge` are None where the
    defaults for the matter's urgency hold. A minor matter is resolved within `deliberation` and
    then done within `handling`. `community_can_act`: the community has the power to settle it.
    `auto`: approved for dispatch without a person's confirmation.
    """

    category: str
    matter_class: MatterClass
    urgency: Urgency
    handler: str
    handling: Limit
    reply: Limit
    first_action: Limit | None = None
    acknowledge: Limit | None = None
    deliberation: Limit | None = None
    community_can_act: bool = False
    deliberable: Deliberable = Deliberable.UNKNOWN
    auto: bool = False
    source: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class PublishedList:
    """三事分流责任清单: the items in force that one place has published, by category."""

    publisher: Label
    items: Mapping[str, ListItem]


@dataclass(frozen=True, slots=True)
class NegativeItem:
    """负面清单条目: categories for which no self-governing body may be made responsible."""

    title: Label
    categories: frozenset[str]
    source: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """One step of lateness: `after` the due time (None: at once) the desk of `level` is told."""

    level: str
    after: TimeLimit | None
    source: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where no list item says otherwise. Every class and urgency has its limit.

    `undecided_reply` is for matters whose category isn't settled, `conduct_reply` for complaints
    about people.
    """

    first_action: Mapping[Urgency, Limit]
    acknowledge: Mapping[Urgency, Limit]
    reply: Mapping[MatterClass, Limit]
    deliberation: Limit
    undecided_reply: Limit
    conduct_reply: Limit


@dataclass(frozen=True, slots=True)
class ConductWords:
    """How complaints about people are recognised; see `governance.conduct`.

    `people` and `bodies` give the words for each kind of them, `acts` and `body_acts` what they are
    said to have done. `verbs` stand right before people; `neutral` phrases are passed over.
    """

    people: Mapping[str, tuple[str, ...]]
    acts: tuple[str, ...]
    verbs: tuple[str, ...] = ()
    bodies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body_acts: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
