"""Codes by the rules: segments, checksums, and grids numbered as one reads."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.codes import (
    STANDARD,
    CodePattern,
    DivisionKind,
    GridKind,
    Numbered,
    credit_check_sign,
    division,
    is_credit_code,
    is_urban,
    propose_codes,
    reading_order,
)
from gis.errors import BadInput
from gis.model import Point


@pytest.mark.parametrize(
    ("code", "township", "village"),
    [
        ("500103014000", DivisionKind.SUBDISTRICT, None),
        ("500116108000", DivisionKind.TOWN, None),
        ("340706203000", DivisionKind.TOWNSHIP, None),
        ("340705402000", DivisionKind.LIKE_TOWNSHIP, None),
        ("500103014199", DivisionKind.SUBDISTRICT, DivisionKind.RESIDENTS),
        ("500103099200", DivisionKind.SUBDISTRICT, DivisionKind.VILLAGERS),
        ("500103100499", DivisionKind.TOWN, DivisionKind.LIKE_RESIDENTS),
        ("500103599599", DivisionKind.LIKE_TOWNSHIP, DivisionKind.LIKE_VILLAGERS),
        ("500103000000", None, None),
    ],
)
def test_segments_say_what_a_division_is(code, township, village):
    found = division(code)
    assert (found.township, found.village, found.county) == (township, village, code[:6])


@pytest.mark.parametrize(
    "code",
    ["", "500103", "000103014000", "500103600000", "500103014600", "500103000001", "５" * 12],
)
def test_what_is_no_division_code_is_refused(code):
    with pytest.raises(BadInput, match="division_code"):
        division(code)


def test_classes_are_urban_or_rural_or_none():
    assert [is_urban(one) for one in ("111", "123", "210", "220")] == [True, True, False, False]
    with pytest.raises(BadInput, match="urban_rural"):
        is_urban("300")


SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(st.text(SIGNS, min_size=9, max_size=9), st.integers(0, 16), st.sampled_from(SIGNS))
def test_the_check_sign_finds_every_single_slip(body, place, other):
    first = f"52500103{body}"
    code = first + credit_check_sign(first)
    assert is_credit_code(code)
    if other != code[place]:
        assert not is_credit_code(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    "code", ["", "91350100M000100Y4", "91350100I000100Y43", "9135010OM000100Y43"]
)
def test_what_is_no_credit_code_is_none(code):
    assert not is_credit_code(code)


def rows_and_columns(rows: int, columns: int, shift_m: float, seed: int) -> list[Numbered]:
    """Grids of 200 m, each point moved by at most `shift_m` metres."""
    moved = random.Random(seed)
    metre = 1 / 110_000
    return [
        Numbered(
            f"{row}-{column}",
            Point(
                106.5 + column * 200 * metre * 1.15 + moved.uniform(-shift_m, shift_m) * metre,
                29.5 - row * 200 * metre + moved.uniform(-shift_m, shift_m) * metre,
            ),
            200.0,
        )
        for row in range(rows)
        for column in range(columns)
    ]


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 1000))
def test_a_town_in_rows_is_read_row_by_row_though_its_points_waver(rows, columns, seed):
    grids = rows_and_columns(rows, columns, 45, seed)
    random.Random(seed).shuffle(grids)

    assert reading_order(grids) == [
        f"{row}-{column}" for row in range(rows) for column in range(columns)
    ]


@given(st.integers(0, 1000), st.randoms())
def test_order_doesnt_depend_on_the_order_given_and_leaves_nobody_out(seed, shuffler):
    grids = rows_and_columns(4, 5, 300, seed)
    turned = list(grids)
    shuffler.shuffle(turned)

    assert reading_order(turned) == reading_order(grids)
    assert sorted(reading_order(grids)) == sorted(one.key for one in grids)


def test_codes_are_the_communitys_and_a_number_of_three():
    grids = rows_and_columns(1, 3, 0, 1)
    assert propose_codes("500199001001", grids) == {
        "0-0": "500199001001001",
        "0-1": "500199001001002",
        "0-2": "500199001001003",
    }
    assert propose_codes("500199001001", []) == {}


def test_more_grids_than_numbers_are_refused():
    with pytest.raises(BadInput, match="grid_number"):
        propose_codes("500199001001", rows_and_columns(1, 1000, 0, 1))


def test_kinds_have_forms_of_their_own_and_a_deployment_may_have_others():
    assert STANDARD.code(GridKind.EXCLUSIVE, "500199001001", 1) == "500199001001Z001"
    assert STANDARD.code(GridKind.MICRO, "500199001001004", 12) == "500199001001004-12"
    own = CodePattern(base="{parent}-W{number:02}", rule=r"[A-Z]{2}-W[0-9]{2}", most=99)
    assert own.code(GridKind.BASE, "AB", 7) == "AB-W07"
    with pytest.raises(BadInput, match="grid_number"):
        STANDARD.code(GridKind.MICRO, "500199001001004", 100)
    with pytest.raises(BadInput, match="grid_code"):
        STANDARD.code(GridKind.BASE, "5001990010", 1)
