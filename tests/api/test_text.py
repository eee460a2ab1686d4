"""What comes in: one type of text, finite numbers, written dates; and every field uses them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from api.inputs import (
    LINE_PATTERN,
    LINES_PATTERN,
    Body,
    Day,
    Finite,
    Instant,
    Lines,
    Name,
    Note,
    Secret,
    Text,
    clean,
)
from api.main import App

name = TypeAdapter(Name)
note = TypeAdapter(Note)
EVERYTHING = st.text(st.characters(), max_size=30)  # lone surrogates too


def kinds(adapter: TypeAdapter[Any], given: object) -> list[str]:
    try:
        adapter.validate_python(given)
    except ValidationError as refused:
        return [fault["type"] for fault in refused.errors()]
    return []


@given(EVERYTHING)
def test_what_is_taken_is_clean_and_stays_as_it_is(given: str):
    try:
        kept = name.validate_python(given)
    except ValidationError:
        return

    assert kept == kept.strip()
    assert 1 <= len(kept) <= 200
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in kept)
    assert name.validate_python(kept) == kept
    kept.encode("utf-8")


@given(EVERYTHING)
def test_a_refusal_never_holds_what_was_sent(given: str):
    secret = f"\x00{given}"
    with pytest.raises(ValidationError) as refused:
        name.validate_python(secret)
    told = [{**fault, "input": None} for fault in refused.value.errors(include_url=False)]

    assert "\x00" not in str(told)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("a\x00b", "bad_letters"),
        ("a\x1bb", "bad_letters"),
        ("a\x85b", "bad_letters"),
        ("a\nb", "bad_letters"),
        ("a\u2028b", "bad_letters"),
        ("\ud800", "bad_letters"),
        ("abc\u202edef", "bad_letters"),
        ("abc\u2066def", "bad_letters"),
        ("a\uffffb", "bad_letters"),
        ("\ufffd\ufffd街道", "lost_letters"),
        (" \u3000\u200b ", "too_short"),
        ("网" * 201, "too_long"),
        ("x" * 1_000_000, "too_long"),
        (7, "string_type"),
    ],
)
def test_bad_text_is_refused_by_the_name_of_the_rule(given: object, fault: str):
    assert kinds(name, given) == [fault]


@pytest.mark.parametrize(
    "given", ["重庆市铜梁区", "𠮷野家", "👩‍👩‍👧", "O'Brien & <b>", "=1+1", "%27;--"]
)
def test_names_of_every_script_and_sign_are_text(given: str):
    assert name.validate_python(given) == given


def test_lines_keep_their_ends_in_one_form():
    assert note.validate_python("第一行\r\n第二行\r第三行\n") == "第一行\n第二行\n第三行"
    assert kinds(note, "a\x07b") == ["bad_letters"]


def test_the_bound_is_measured_after_cleaning():
    exact = TypeAdapter(Annotated[Text, Field(max_length=2)])

    assert exact.validate_python("  e\u0301e\u0301  ") == "éé"


@given(st.floats())
def test_only_finite_numbers_pass(number: float):
    class Place(Body):
        lon: Finite
        free: float

    finite = number - number == 0
    for field in ("lon", "free"):
        given = {"lon": 1.0, "free": 1.0, field: number}
        assert (kinds(TypeAdapter(Place), given) == []) == finite


@pytest.mark.parametrize(
    "given", ["0", "1700000000", "2026-9-21", "2026-02-30", "20260921xx", 5, 5.5, True]
)
def test_a_day_is_written_out(given: object):
    assert kinds(TypeAdapter(Day), given)
    assert kinds(TypeAdapter(Day), "2026-09-21") == []


@pytest.mark.parametrize(
    "given", ["2026-09-21T08:00:00", "2026-09-21", "1700000000", 1700000000, "T"]
)
def test_a_moment_has_its_zone(given: object):
    assert kinds(TypeAdapter(Instant), given)
    assert kinds(TypeAdapter(Instant), "2026-09-21T08:00:00+08:00") == []


def test_unknown_fields_are_refused():
    class Place(Body):
        lon: Finite

    assert kinds(TypeAdapter(Place), {"lon": 1, "lan": 2}) == ["extra_forbidden"]


def test_secrets_dont_show_in_a_repr():
    class SignIn(Body):
        password: Secret

    assert "lamp" not in repr(SignIn(password="a lamp beside the river"))


def texts(
    schema: dict[str, Any], parts: dict[str, Any], seen: set[str]
) -> Iterator[dict[str, Any]]:
    """Every schema of a string inside a schema."""
    if "$ref" in schema:
        part = schema["$ref"].rpartition("/")[2]
        if part not in seen:
            yield from texts(parts[part], parts, seen | {part})
        return
    if schema.get("type") == "string":
        yield schema
    inner = [schema.get("items"), schema.get("additionalProperties")]
    inner += schema.get("anyOf", []) + schema.get("oneOf", []) + schema.get("allOf", [])
    inner += schema.get("prefixItems", []) + list(schema.get("properties", {}).values())
    for one in inner:
        if isinstance(one, dict):
            yield from texts(one, parts, seen)


def is_guarded(schema: dict[str, Any]) -> bool:
    if "enum" in schema or "const" in schema or schema.get("format") in ("date", "date-time"):
        return True
    if schema.get("format") == "password":
        return "maxLength" in schema
    return schema.get("pattern") in (LINE_PATTERN, LINES_PATTERN) and "maxLength" in schema


def test_every_text_field_of_every_route_is_text_and_bounded(app: App):
    described = app.openapi()
    parts = described["components"]["schemas"]
    loose = []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            given = [(one["name"], one["schema"]) for one in operation.get("parameters", [])]
            for kind in operation.get("requestBody", {}).get("content", {}).values():
                given.append(("body", kind["schema"]))
            for label, schema in given:
                found = texts(schema, parts, set())
                loose += [(path, method, label, one) for one in found if not is_guarded(one)]

    assert loose == []


def test_a_plain_str_would_be_found_out():
    assert not is_guarded({"type": "string"})
    assert not is_guarded({"type": "string", "maxLength": 9})
    assert not is_guarded(TypeAdapter(Text).json_schema())
    assert is_guarded(TypeAdapter(Annotated[Lines, Field(max_length=9)]).json_schema())


def test_cleaning_is_the_same_for_commands():
    assert clean("  网格\u3000") == "网格"
