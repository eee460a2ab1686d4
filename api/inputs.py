"""What may come in: one type of text, finite numbers, true dates; for every body and parameter.

A refusal names the field and the rule, never what was sent. How long a text may be is said where it
is used: `Annotated[Text, Field(min_length=1, max_length=200)]`, or by one of the names below.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from unicodedata import category, normalize

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_before_validator_function

from gis.locating import MOST_REACH_M

BLANKS: Final = " \t\n\r\u00a0\u3000\u200b\u2060\ufeff"
BIDI_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
LONGEST_RAW: Final = 40_000  # longer than any text we take; stops the work before it starts

_CONTROLS = (
    r"\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd"
)
LINE_PATTERN: Final = rf"^[^\n{_CONTROLS}]*$"
LINES_PATTERN: Final = rf"^[^{_CONTROLS}]*$"


def clean(text: str, *, lines: bool = False) -> str:
    """The text as it is kept: composed letters (NFC), no blanks at its ends; with `lines`, one kind
    of line end. Raises a named refusal for control characters, lone surrogates, signs that turn the
    direction of writing, and U+FFFD, which stands where the letters of another encoding were lost.

    >>> clean("  e\\u0301 "), clean("a\\r\\nb", lines=True)
    ('é', 'a\\nb')
    """
    if len(text) > LONGEST_RAW:
        raise PydanticCustomError("too_long", "too long", {"max_length": LONGEST_RAW})
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = text.strip(BLANKS)
    if "\ufffd" in text:
        raise PydanticCustomError("lost_letters", "not UTF-8")
    if any(_forbidden(letter) for letter in text if not (lines and letter == "\n")):
        raise PydanticCustomError("bad_letters", "control characters")
    return normalize("NFC", text)


def _forbidden(letter: str) -> bool:
    if letter in BIDI_CONTROLS or category(letter) in ("Cc", "Cs", "Zl", "Zp"):
        return True
    return ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF  # never characters


class _Cleaned:
    """Cleans before anything is measured, and says so in the API's description."""

    def __init__(self, *, lines: bool) -> None:
        self.lines = lines

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_before_validator_function(self._clean, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"pattern": LINES_PATTERN if self.lines else LINE_PATTERN}

    def _clean(self, value: Any) -> Any:
        return clean(value, lines=self.lines) if isinstance(value, str) else value


Text = Annotated[str, _Cleaned(lines=False)]
Lines = Annotated[str, _Cleaned(lines=True)]

Code = Annotated[Text, Field(min_length=1, max_length=100)]
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Login = Annotated[Text, Field(min_length=2, max_length=64)]
Note = Annotated[Lines, Field(min_length=1, max_length=2000)]
# A password is taken as it is typed; only its length is bounded, before any work is done on it.
Secret = Annotated[SecretStr, Field(min_length=1, max_length=256)]

Finite = Annotated[float, Field(allow_inf_nan=False)]
NearReach = Annotated[Finite, Field(ge=1, le=MOST_REACH_M)]
PageSize = Annotated[int, Field(ge=1, le=500)]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]


def _day(value: Any) -> Any:
    """Only the written form: Pydantic would take `0` for a day in 1970."""
    if isinstance(value, date) or (isinstance(value, str) and len(value) == len("2026-09-21")):
        return value
    raise PydanticCustomError("date_parsing", "not a date")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and "T" in value.upper()):
        return value
    raise PydanticCustomError("timezone_aware", "not a time with its zone")


Day = Annotated[
    date,
    BeforeValidator(_day, json_schema_input_type=date),
    Field(ge=date(1900, 1, 1), le=date(2999, 12, 31)),
]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant, json_schema_input_type=datetime),
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2999, 12, 31, tzinfo=UTC)),
]


class Body(BaseModel):
    """A JSON body. Fields nobody knows are refused: a slip of the pen isn't lost silently."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)
