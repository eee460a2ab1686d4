"""A table of TOML read with care: the first mistake is told with its file and place.

Each value is asked for once, by its key and its type; `finish` tells of keys nobody asked for, so
that a misspelt key is no silent default.
"""

from __future__ import annotations

import tomllib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from gis.errors import BadFile, Value

Kind = TypeVar("Kind", bound=StrEnum)
Wanted = TypeVar("Wanted")

_NEEDED: Final = object()


class TomlTable:
    """One table, its `place` written as in the file: `categories.E0102.handling`."""

    def __init__(self, values: dict[str, Any], file: str, place: str = "") -> None:
        self.file = file
        self.place = place
        self._values = dict(values)

    @classmethod
    def read(cls, path: Path) -> TomlTable:
        """A file's topmost table. Raises BadFile `error.rules_syntax`."""
        return cls.parse(path.read_text(encoding="utf-8"), path.name)

    @classmethod
    def parse(cls, text: str, file: str) -> TomlTable:
        try:
            return cls(tomllib.loads(text), file)
        except tomllib.TOMLDecodeError as wrong:
            raise BadFile("error.rules_syntax", file=file, detail=str(wrong)) from None

    def wrong(self, kind: str, key: str = "", **values: Value) -> BadFile:
        """The error `error.rules_<kind>` about a key of this table, or about the table itself."""
        return BadFile(f"error.rules_{kind}", file=self.file, place=self._at(key), **values)

    def names(self) -> list[str]:
        return list(self._values)

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: Any = _NEEDED) -> str:
        """A text that isn't empty."""
        found = self._take(key, str, default)
        if found == "" and default is _NEEDED:
            raise self.wrong("missing", key)
        return found

    def flag(self, key: str, default: Any = _NEEDED) -> bool:
        return self._take(key, bool, default)

    def whole(self, key: str, *, least: int = 1) -> int:
        """A whole number from `least` on; true and false are none."""
        found = self._take(key, int, _NEEDED)
        if found < least:
            raise self.wrong("number", key, least=least)
        return found

    def choice(self, key: str, kind: type[Kind], default: Any = _NEEDED) -> Kind:
        """One of the values of an enumeration."""
        found = self._take(key, str, default)
        if found not in list(kind):
            raise self.wrong("choice", key, given=found, choices="、".join(kind))
        return kind(found)

    def one_of(self, key: str, known: dict[str, Any]) -> str:
        """A text that is the key of something defined elsewhere in the file."""
        found = self.text(key)
        if found not in known:
            raise self.wrong("choice", key, given=found, choices="、".join(known))
        return found

    def day(self, key: str) -> date:
        return self._take(key, date, _NEEDED)

    def days(self, key: str) -> tuple[date, ...]:
        return self._each(key, date)

    def texts(self, key: str) -> tuple[str, ...]:
        """Texts, none of them empty or blank; none at all where the key is missing."""
        found = self._each(key, str)
        if any(not one.strip() for one in found):
            raise self.wrong("missing", key)
        return found

    def table(self, key: str) -> TomlTable:
        """A table within; an empty one where the key is missing, whose `text` … then tell."""
        return TomlTable(self._take(key, dict, {}), self.file, self._at(key))

    def tables(self, key: str) -> list[TomlTable]:
        """An array of tables, numbered from 1 in their places."""
        found = self._each(key, dict)
        return [
            TomlTable(one, self.file, f"{self._at(key)}[{number}]")
            for number, one in enumerate(found, 1)
        ]

    def named(self, key: str) -> dict[str, TomlTable]:
        """The tables within a table, by name."""
        outer = self.table(key)
        return {name: outer.table(name) for name in outer.names()}

    def finish(self) -> None:
        """Raises BadFile when a key is left that nobody asked for."""
        for key in self._values:
            raise self.wrong("unknown", key)

    def _at(self, key: str) -> str:
        return ".".join(part for part in (self.place, key) if part)

    def _take(self, key: str, kind: type[Wanted], default: Any) -> Wanted:
        if key not in self._values:
            if default is _NEEDED:
                raise self.wrong("missing", key)
            return default  # type: ignore[no-any-return]
        found = self._values.pop(key)
        if type(found) is not kind:  # a bool is an int to isinstance, a datetime a date
            raise self.wrong("type", key)
        return found

    def _each(self, key: str, kind: type[Wanted]) -> tuple[Wanted, ...]:
        found: list[Any] = self._take(key, list, [])
        if any(type(one) is not kind for one in found):
            raise self.wrong("type", key)
        return tuple(found)
