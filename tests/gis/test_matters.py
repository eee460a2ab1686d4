"""The nouns of matters: limits that make sense, names in two languages."""

from __future__ import annotations

import pytest

from gis.errors import BadInput
from gis.matters import PARTY_OF, Label, MatterClass, Party, TimeLimit, TimeUnit, Urgency, Words


@pytest.mark.parametrize("amount", [-1, 0, 2001])
def test_a_limit_of_nothing_or_of_years_is_refused(amount):
    with pytest.raises(BadInput) as caught:
        TimeLimit(amount, TimeUnit.WORKING_DAY)
    assert caught.value.values == {"amount": amount, "longest": 2000}


def test_limits_are_compared_by_what_they_say():
    assert TimeLimit(1, TimeUnit.CLOCK_HOUR) == TimeLimit(1, TimeUnit.CLOCK_HOUR)
    assert TimeLimit(1, TimeUnit.CLOCK_HOUR) != TimeLimit(1, TimeUnit.WORKING_HOUR)


def test_a_name_without_english_is_said_in_chinese():
    words = Words("due.x", {"what": Label("修枝"), "who": Label("居委会", "committee"), "n": 2})

    assert words.filled("en") == {"what": "修枝", "who": "committee", "n": 2}
    assert words.filled("zh-CN") == {"what": "修枝", "who": "居委会", "n": 2}


def test_each_class_has_its_own_side_that_acts():
    assert set(PARTY_OF) == set(MatterClass)
    assert set(PARTY_OF.values()) == set(Party)


def test_urgency_is_ranked_from_ordinary_to_life_and_limb():
    by_rank = sorted(Urgency, key=lambda one: one.rank)

    assert by_rank == [Urgency.NORMAL, Urgency.URGENT, Urgency.CRITICAL]
