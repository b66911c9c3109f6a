"""F21: one specialty written in capitals, without accents, decomposed or with stray spaces is one specialty.

Proven by taking the safeguard out: with ``fold`` returning its argument, every case below fails.
"""

from __future__ import annotations

import unicodedata

import pytest

from cauce.institutions.rules import fold

SAME = {
    "pediatría": [
        "Pediatría",
        "PEDIATRIA",
        "Pediatría ",
        " pediatria",
        unicodedata.normalize("NFD", "Pediatría"),
    ],
    "cirugía general": ["CIRUGIA  GENERAL", "Cirugía\u00a0General", "cirugia\tgeneral", "CIRUGÍA GENERAL"],
    "medicina del niño": [
        "MEDICINA DEL NIÑO",
        "medicina del nino",
        unicodedata.normalize("NFD", "Medicina del Niño"),
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_every_way_of_writing_it_is_the_same_name(name):
    for written in SAME[name]:
        assert written != name
        assert fold(written) == fold(name)


def test_different_names_stay_different():
    assert (
        len(
            {
                fold(name)
                for name in ("Pediatría", "Urgencias Pediátricas", "Neonatología", "Pediatria General")
            }
        )
        == 4
    )
