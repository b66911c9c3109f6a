"""Folios find slips of typing."""

from __future__ import annotations

import pytest

from cauce.calls.rules.folio import check_digit, example_folio, folio, read_folio


def test_every_wrong_digit_and_every_swap_is_found():
    for number in (48213, 0, 999_999, 120_457):
        right = folio("JR24", number)
        body, digit = right[:-2], right[-1]
        start = len("JR24-")
        for place in range(start, len(body)):
            for other in "0123456789":
                wrong = body[:place] + other + body[place + 1 :]
                assert (check_digit(wrong) == digit) == (wrong == body)
        for place in range(start, len(body) - 1):
            swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
            assert (check_digit(swapped) == digit) == (swapped == body)


def test_reads_what_people_type_and_nothing_else():
    right = folio("jr24", 48213)
    assert right.startswith("JR24-048213-")
    assert read_folio(f"  {right.lower()} ") == right
    assert read_folio(right.replace("JR24", "RM24")) is None
    assert read_folio("") is None
    assert read_folio("x" * 1_000_000) is None
    assert read_folio("JR24-48213-7") is None


def test_a_number_out_of_range_is_refused():
    with pytest.raises(ValueError, match="1000000"):
        folio("JR24", 1_000_000)


def test_the_example_is_nobodys():
    for code in ("JR24", "RM24", "A", "PRUEBA-2024"):
        assert example_folio(code).startswith(f"{code}-123456-")
        assert read_folio(example_folio(code)) is None
