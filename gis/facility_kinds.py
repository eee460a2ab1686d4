"""Which kinds of facility are there, and which rules hold for them?

The answer is data (`facility_kinds.toml`), each rule with its source, its first day and whether
anybody has verified it. A mistake in it is told at once, with the kind and the field.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gis.errors import BadFile
from gis.places import FacilityKind, FacilityStandard, ServingLevel

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(__file__).with_name("facility_kinds.toml")
MEASURES: Final = ("radius_m", "minutes", "min_floor_m2", "min_land_m2")
_KIND_FIELDS: Final = {"code": str, "name": str, "level": str, "function": int, "rule": list}
_RULE_FIELDS: Final = {
    "from": date,
    "to": date,
    "jurisdiction": str,
    **dict.fromkeys(MEASURES, (int, float)),
    "derived": list,
    "note": str,
    "source": str,
    "verified": bool,
}


@cache
def facility_kinds() -> Mapping[str, FacilityKind]:
    """The kinds that come with the service, by code, in the order of the file."""
    return read_facility_kinds(FILE.read_text(encoding="utf-8"))


def read_facility_kinds(text: str) -> Mapping[str, FacilityKind]:
    """Kinds written in TOML, by code, in their order.

    Raises BadFile `error.facility_kinds`, whose `kind` and `field` say where the mistake is.
    """
    try:
        tables = tomllib.loads(text).get("kind", [])
    except tomllib.TOMLDecodeError as wrong:
        raise BadFile("error.facility_kinds", kind="-", field=str(wrong)) from None
    kinds = [_kind(table) for table in tables]
    twice = [code for code, count in Counter(one.code for one in kinds).items() if count > 1]
    if twice:
        raise BadFile("error.facility_kinds", kind=twice[0], field="code")
    return MappingProxyType({one.code: one for one in kinds})


def _kind(table: dict[str, Any]) -> FacilityKind:
    code = str(table.get("code", "?"))
    _demand(table, _KIND_FIELDS, ("code", "name", "level", "rule"), code)
    if table["level"] not in list(ServingLevel):
        raise BadFile("error.facility_kinds", kind=code, field="level")
    return FacilityKind(
        code,
        table["name"],
        ServingLevel(table["level"]),
        tuple(_standard(rule, code) for rule in table["rule"]),
        table.get("function"),
    )


def _standard(rule: dict[str, Any], code: str) -> FacilityStandard:
    _demand(rule, _RULE_FIELDS, ("from", "source", "verified"), code)
    measures = {name: float(rule[name]) for name in MEASURES if name in rule}
    for name, value in measures.items():
        if not value > 0:
            raise BadFile("error.facility_kinds", kind=code, field=name)
    derived = frozenset(rule.get("derived", ()))
    if not derived <= measures.keys():
        raise BadFile("error.facility_kinds", kind=code, field="derived")
    return FacilityStandard(
        rule["from"],
        rule["source"],
        rule["verified"],
        jurisdiction=rule.get("jurisdiction", ""),
        valid_to=rule.get("to"),
        derived=derived,
        note=rule.get("note", ""),
        **measures,
    )


def _demand(
    table: dict[str, Any], fields: Mapping[str, Any], needed: tuple[str, ...], code: str
) -> None:
    """Every field known and of its type, every needed one there and not empty."""
    for name in needed:
        if table.get(name) in (None, "", []):
            raise BadFile("error.facility_kinds", kind=code, field=name)
    for name, value in table.items():
        if name not in fields or not isinstance(value, fields[name]):
            raise BadFile("error.facility_kinds", kind=code, field=name)
