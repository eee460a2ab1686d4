"""What comes in by the row: things stated by the rows of a file, and what is wrong with rows.

One bad row never loses the good ones: each carries its own faults, and the rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing wrong with a row; `key` names its sentence, `values` fill the gaps.

    `row` is the number a person finds it by: as a spreadsheet shows it, or the number of the
    feature. A fault that doesn't `stop` is a note: the row is taken as it is.
    """

    row: int
    key: str
    values: Mapping[str, str | int]
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Stated(Generic[T]):
    """One thing and the row that states it."""

    row: int
    item: T


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """What a file states. `fields` are the attributes it has columns for.

    What has no column is left as it is known; an empty cell says that there is nothing. In a source
    that is `silent_when_empty` an empty cell, and 0, say nothing: what is known stays.
    """

    rows: list[Stated[T]]
    fields: frozenset[str]
    faults: list[RowFault] = field(default_factory=list)
    source: str = ""
    encoding: str = ""
    crs_used: str = ""
    silent_when_empty: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import changed, or would change: codes added and changed, how many stayed.

    `left_out` counts the rows that a stopping fault kept out. `kept`: it was written.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    faults: list[RowFault]
    left_out: int
    kept: bool


def rows_left_out(faults: Iterable[RowFault]) -> frozenset[int]:
    """The rows that a stopping fault keeps out."""
    return frozenset(fault.row for fault in faults if fault.stops)
