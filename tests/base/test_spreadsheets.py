"""Tables that leave and come back: nothing runs, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce.base.spreadsheets import Table, csv_extract, csv_lines, csv_rows, guarded, unguarded

DANGEROUS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\n=x", "＝1", "－1", "'=1", "''=1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_would_run_gets_an_apostrophe_and_loses_it_on_the_way_back(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@given(st.text(st.sampled_from("'=+-@ aé１＝\t\r\n"), max_size=6))
def test_the_guard_is_undone_exactly(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("value", [-3, 0, None, "", "a=b", "d'Or", "'tis"])
def test_numbers_and_plain_text_stay_as_they_are(value):
    assert guarded(value) == value


def test_a_file_for_people_begins_with_the_mark_and_an_extract_does_not():
    def table():
        return Table(("a", "b"), [("é,x", None), ("=1", -2)])

    assert "".join(csv_lines(table())) == '\ufeffa,b\r\n"é,x",\r\n\'=1,-2\r\n'
    assert csv_extract(table()) == 'a,b\n"é,x",\n\'=1,-2\n'.encode()


def test_rows_are_sent_while_they_are_read():
    read = []

    def rows():
        for number in range(3):
            read.append(number)
            yield (number,)

    lines = csv_lines(Table(("n",), rows()))
    assert [next(lines), next(lines), next(lines)] == ["\ufeff", "n\r\n", "0\r\n"]
    assert read == [0]


def test_what_comes_back_has_lost_guard_and_outer_spaces():
    assert csv_rows(["a; '=1 ;b", "'=1;-2; c "], delimiter=";") == [["a", "'=1", "b"], ["=1", "-2", "c"]]
