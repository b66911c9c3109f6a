"""Small cells, units and extracts."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cauce.base.figures import hide_small
from cauce.indicators.rules import UNITS, digest_of, extract_bytes, shown, unit_name


@given(some.lists(some.integers(0, 12), max_size=12))
def test_no_small_group_can_be_told_from_what_is_shown_and_the_total(counts):
    hidden = hide_small(counts)
    assert all(value is None or value == count for value, count in zip(hidden, counts, strict=True))
    assert not any(value is not None and 0 < value < 5 for value in hidden)
    positive = sum(1 for count in counts if count)
    if hidden.count(None) == 1:  # alone it is the total less the rest: only when there is nothing else
        assert positive == 1
    assert all(value == 0 for value, count in zip(hidden, counts, strict=True) if count == 0)


def test_zero_is_nobody_and_is_shown():
    assert hide_small([0, 5, 900]) == [0, 5, 900]
    assert hide_small([3, 900, 70]) == [None, 900, None]
    assert hide_small([3]) == [None]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "persons", "menos de 5"),
        (Decimal("60.00"), "percent", "60"),
        (Decimal("15938.00"), "persons", "15,938"),
        (Decimal("358000000.00"), "pesos", "$358 millones"),
        (Decimal("1500.00"), "pesos", "$1,500"),
    ],
)
def test_values_are_said_in_their_unit(value, unit, words):
    assert words in shown(value, unit)


def test_every_unit_has_a_word():
    assert all(unit_name(unit) for unit in UNITS)


def test_an_extract_is_safe_for_spreadsheets_and_its_digest_is_of_its_bytes():
    extract = extract_bytes(("a", "b"), [("=1+1", 3), ("x,y", None)])
    assert extract == b'a,b\n\'=1+1,3\n"x,y",<5\n'
    assert digest_of(extract) == hashlib.sha256(extract).hexdigest()
