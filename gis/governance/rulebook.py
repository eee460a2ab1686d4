"""Which rules come with the service?

They are data (`rulebook.toml`), each value with its source. They seed the lists of a deployment;
from then on the lists in force decide. A mistake in the file stops the start and names its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from gis.errors import BadInput
from gis.governance.calendar import ServiceHours
from gis.governance.classify import InForce
from gis.governance.lists import faults_of
from gis.governance.toml_table import TomlTable
from gis.matters import (
    CategoryKind,
    ConductWords,
    Defaults,
    Deliberable,
    DuplicateRule,
    EscalationStep,
    HandlerKind,
    Label,
    Limit,
    ListItem,
    MatterCategory,
    MatterClass,
    NegativeItem,
    Party,
    PublishedList,
    TimeLimit,
    TimeUnit,
    Urgency,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FILE: Final = Path(__file__).with_name("rulebook.toml")
DEFAULT_LIST: Final = Label("默认清单", "the default list")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything the file says. Sources are spelled out; mappings are by code and in file order."""

    hours: ServiceHours
    defaults: Defaults
    escalation: tuple[EscalationStep, ...]
    handlers: Mapping[str, HandlerKind]
    categories: Mapping[str, MatterCategory]
    default_list: PublishedList
    negative: tuple[NegativeItem, ...]
    urgent_words: Mapping[Urgency, tuple[str, ...]]
    conduct: ConductWords

    def in_force(
        self, lists: Iterable[PublishedList] = (), negative: Iterable[NegativeItem] = ()
    ) -> InForce:
        """These rules under a place's own lists, nearest first, and its own negative entries."""
        return InForce(
            self.categories,
            self.handlers,
            (*lists, self.default_list),
            (*negative, *self.negative),
            self.urgent_words,
            self.conduct,
        )


@cache
def rulebook() -> Rulebook:
    """The rules that come with the service. Raises BadFile; see `read_rulebook`."""
    return _Reader(TomlTable.read(FILE)).read()


def read_rulebook(text: str) -> Rulebook:
    """Rules written in TOML.

    Raises BadFile for the first mistake: its `place` says where it is, written as in the file.
    """
    return _Reader(TomlTable.parse(text, FILE.name)).read()


class _Reader:
    """Reads one file; later parts lean on the names that earlier ones define."""

    def __init__(self, top: TomlTable) -> None:
        self._top = top
        sources = top.table("sources")
        self._sources = {name: sources.text(name) for name in sources.names()}
        self._handlers: dict[str, HandlerKind] = {}
        self._negative: tuple[NegativeItem, ...] = ()

    def read(self) -> Rulebook:
        top = self._top
        hours = self._whole(top.table("service_hours"), self._hours)
        conduct = top.table("conduct")
        conduct_reply = self._limit(conduct, "reply")
        defaults = self._whole(top.table("defaults"), lambda t: self._defaults(t, conduct_reply))
        self._handlers = self._each("handlers", self._handler)
        rows = self._each("categories", lambda table: self._category(table, defaults))
        self._one_category_a_word({code: category for code, (category, _) in rows.items()})
        self._negative = tuple(
            self._whole(one, lambda table: self._entry(table, rows))
            for one in top.tables("negative")
        )
        self._check_items({code: item for code, (_, item) in rows.items()})
        book = Rulebook(
            hours,
            defaults,
            self._escalation(),
            MappingProxyType(self._handlers),
            MappingProxyType({code: category for code, (category, _) in rows.items()}),
            PublishedList(
                DEFAULT_LIST, MappingProxyType({code: item for code, (_, item) in rows.items()})
            ),
            self._negative,
            self._whole(top.table("urgent_words"), self._urgent_words),
            self._whole(conduct, self._conduct),
        )
        top.finish()
        return book

    def _whole(self, table: TomlTable, make: Callable[[TomlTable], Made]) -> Made:
        made = make(table)
        table.finish()
        return made

    def _each(self, key: str, make: Callable[[TomlTable], Made]) -> dict[str, Made]:
        if not self._top.has(key):
            raise self._top.wrong("missing", key)
        return {name: self._whole(one, make) for name, one in self._top.named(key).items()}

    # ---- parts ----------------------------------------------------------------------------------

    def _hours(self, table: TomlTable) -> ServiceHours:
        self._source(table)
        spans = table.text("spans")
        try:
            return ServiceHours.parse(spans)
        except BadInput:
            raise table.wrong("hours", "spans", given=spans) from None

    def _source(self, table: TomlTable) -> str:
        return self._sources[table.one_of("source", self._sources)]

    def _limit(self, table: TomlTable, key: str) -> Limit:
        if not table.has(key):
            raise table.wrong("missing", key)
        return self._whole(table.table(key), self._read_limit)

    def _limit_or_none(self, table: TomlTable, key: str) -> Limit | None:
        return self._limit(table, key) if table.has(key) else None

    def _read_limit(self, table: TomlTable) -> Limit:
        amount, unit = table.whole("amount"), table.choice("unit", TimeUnit)
        try:
            time = TimeLimit(amount, unit)
        except BadInput as wrong:
            raise table.wrong("most", "amount", most=wrong.values["longest"]) from None
        return Limit(time, self._source(table), table.flag("verified", False))

    def _defaults(self, table: TomlTable, conduct_reply: Limit) -> Defaults:
        return Defaults(
            first_action=self._whole(table.table("first_action"), self._by_urgency),
            acknowledge=self._whole(table.table("acknowledge"), self._by_urgency),
            undecided_reply=self._limit(reply := table.table("reply"), "undecided"),
            reply=self._whole(
                reply, lambda one: {klass: self._limit(one, klass) for klass in MatterClass}
            ),
            deliberation=self._limit(table.table("deliberation"), "minor"),
            conduct_reply=conduct_reply,
        )

    def _by_urgency(self, table: TomlTable) -> Mapping[Urgency, Limit]:
        return MappingProxyType({urgency: self._limit(table, urgency) for urgency in Urgency})

    def _escalation(self) -> tuple[EscalationStep, ...]:
        tables = self._top.tables("escalation")
        steps = tuple(self._whole(table, self._step) for table in tables)
        for table, earlier, later in zip(tables[1:], steps, steps[1:], strict=False):
            if not _comes_later(earlier.after, later.after):
                raise table.wrong("order", "after")
        return steps

    def _step(self, table: TomlTable) -> EscalationStep:
        after = self._limit_or_none(table, "after")
        return EscalationStep(
            table.text("level"),
            after.time if after else None,
            self._source(table),
            table.flag("verified", False),
        )

    def _label(self, table: TomlTable, key: str = "name") -> Label:
        return Label(table.text(key), table.text(f"{key}_en"))

    def _handler(self, table: TomlTable) -> HandlerKind:
        return HandlerKind(
            table.place.rpartition(".")[2],
            self._label(table),
            table.choice("party", Party),
            table.flag("self_governing", False),
        )

    def _entry(self, table: TomlTable, known: Mapping[str, object]) -> NegativeItem:
        categories = table.texts("categories")
        for code in categories:
            if code not in known:
                raise table.wrong("category", "categories", given=code)
        return NegativeItem(
            self._label(table, "title"),
            frozenset(categories),
            self._source(table),
            table.flag("verified", False),
        )

    def _urgent_words(self, table: TomlTable) -> Mapping[Urgency, tuple[str, ...]]:
        return MappingProxyType(
            {one: table.texts(one) for one in (Urgency.CRITICAL, Urgency.URGENT)}
        )

    def _conduct(self, table: TomlTable) -> ConductWords:
        return ConductWords(
            self._whole(table.table("people"), self._words_by_kind),
            table.texts("acts"),
            table.texts("verbs"),
            self._whole(table.table("bodies"), self._words_by_kind),
            table.texts("body_acts"),
            table.texts("neutral"),
        )

    def _words_by_kind(self, table: TomlTable) -> Mapping[str, tuple[str, ...]]:
        return MappingProxyType({kind: table.texts(kind) for kind in table.names()})

    # ---- categories and their items -------------------------------------------------------------

    def _category(self, table: TomlTable, defaults: Defaults) -> tuple[MatterCategory, ListItem]:
        code = table.place.rpartition(".")[2]
        category = MatterCategory(
            code,
            self._label(table),
            table.choice("kind", CategoryKind),
            self._words(table),
            self._whole(table.table("duplicate"), self._duplicate)
            if table.has("duplicate")
            else None,
        )
        return category, self._item(code, table, defaults)

    def _item(self, code: str, table: TomlTable, defaults: Defaults) -> ListItem:
        klass = table.choice("class", MatterClass)
        minor = klass is MatterClass.MINOR
        if table.has("deliberation") and not minor:
            raise table.wrong("unknown", "deliberation")
        deliberation = self._limit_or_none(table, "deliberation")
        return ListItem(
            code,
            klass,
            table.choice("urgency", Urgency, Urgency.NORMAL),
            table.one_of("handler", self._handlers),
            self._limit(table, "handling"),
            self._limit_or_none(table, "reply") or defaults.reply[klass],
            self._limit_or_none(table, "first_action"),
            self._limit_or_none(table, "acknowledge"),
            (deliberation or defaults.deliberation) if minor else None,
            table.flag("community_can_act"),
            table.choice("deliberable", Deliberable),
            table.flag("auto", False),
            self._source(table),
            table.flag("verified", False),
        )

    def _words(self, table: TomlTable) -> tuple[str, ...]:
        words = table.texts("words")
        if not all(part.strip() for word in words for part in word.split("+")):
            raise table.wrong("missing", "words")
        return words

    def _duplicate(self, table: TomlTable) -> DuplicateRule:
        self._source(table)
        return DuplicateRule(table.whole("radius_m"), table.whole("days"))

    def _one_category_a_word(self, categories: Mapping[str, MatterCategory]) -> None:
        owners: dict[str, str] = {}
        for code, category in categories.items():
            for word in category.words:
                other = owners.setdefault(word, code)
                if other != code:
                    raise self._about(code).wrong("word_twice", "words", given=word, other=other)

    def _check_items(self, items: Mapping[str, ListItem]) -> None:
        for code, item in items.items():
            for fault in faults_of(item, self._handlers[item.handler], self._negative):
                raise self._about(code).wrong(fault)

    def _about(self, code: str) -> TomlTable:
        return TomlTable({}, self._top.file, f"categories.{code}")


def _comes_later(earlier: TimeLimit | None, later: TimeLimit | None) -> bool:
    """Steps are told one after the other: in one unit, each after a longer time."""
    if later is None:
        return False
    return earlier is None or (earlier.unit is later.unit and earlier.amount < later.amount)
