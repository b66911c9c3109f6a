"""Keys of establishments, and where they are."""

from __future__ import annotations

import csv

import pytest

from cauce.institutions import intake
from cauce.institutions.rules import clues_check, clues_check_digit, whereabouts


def test_every_public_key_in_the_catalogue_is_a_key_and_most_obey_the_digit():
    rows = [line for line in intake.texts_of()["sites"].splitlines() if not line.startswith("#")]
    keys = [row["clues"] for row in csv.DictReader(rows) if row["clues"]]
    failing = [key for key in keys if not clues_check(key)]
    assert len(keys) > 100
    assert len(failing) < len(keys) / 20, failing  # a known exception: warn, never reject


def test_every_single_wrong_digit_of_the_number_is_noticed():
    right = "DFIMS000020"
    assert clues_check(right)
    for place in range(5, 10):
        for step in range(1, 7):  # the check is modulo 7: a digit 7 away passes
            digit = (int(right[place]) + step) % 10
            if digit % 7 == int(right[place]) % 7:
                continue
            wrong = right[:place] + str(digit) + right[place + 1 :]
            assert clues_check_digit(wrong) != int(right[-1])


@pytest.mark.parametrize("text", ["", "DFIMS00002", "DFIMS0000201", "12345678901", "x" * 1_000_000])
def test_what_is_no_key_is_told_its_shape(text):
    verdict = clues_check(text)
    assert not verdict
    assert "11 caracteres" in str(verdict.remedy)


def test_a_wrong_last_digit_is_told_apart_from_a_wrong_shape():
    verdict = clues_check(" dfims000021 ")
    assert not verdict
    assert "último número" in str(verdict.reason)


@pytest.mark.parametrize(
    ("site", "municipality", "where"),
    [
        ("HG de Ensenada", "Ensenada", "Baja California"),
        ("Hospital General de Playas de ROSARITO", "Playas de Rosarito", "Baja California"),
        ("HG de Tijuana, Zona Este", "Tijuana", "Baja California"),
        ("Hospital General Benito Juárez", "Benito Juárez", "Benito Juárez, Baja California"),
        ("HG de Tecateño", "Tecate", "Tecate, Baja California"),
        ("HG Uno", "C++ (", "C++ (, Baja California"),
        ("HG Uno", "", "Baja California"),
    ],
)
def test_a_municipality_that_the_name_says_is_not_said_again(site, municipality, where):
    assert whereabouts(site, municipality, "Baja California") == where
