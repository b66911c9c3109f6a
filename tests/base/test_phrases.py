"""Sentences that are kept and read later, in the reader's language."""

from __future__ import annotations

import json
import pickle
from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext_lazy

from cauce.base.phrases import counted, kept, phrase, together, told


def again(text):
    return told(json.loads(json.dumps(kept(text))))


def test_a_phrase_is_a_text_and_is_told_again_in_the_language_of_who_reads():
    with translation.override("es-mx"):
        one = phrase("Está también en la fila %(row)s.") % {"row": "3"}
        assert one == "Está también en la fila 3."
        day = phrase("La CURP dice %(curp)s y esta columna, %(column)s.") % {
            "curp": date(1990, 2, 1), "column": phrase("mujer"),
        }  # fmt: skip
        both = together(phrase("Elegirlo otra vez."), gettext_lazy("Está vacío."))
        several = counted("%(count)s problema", "%(count)s problemas", 2) % {"count": 2}
        held = [json.loads(json.dumps(kept(each))) for each in (one, day, both, several)]
        assert "1 de febrero de 1990" in day
    with translation.override("en"):
        assert told(held[0]) == "It is also in row 3."
        assert "1 February 1990" in told(held[1])
        assert "woman" in told(held[1])
        assert told(held[2]) == phrase("Elegirlo otra vez.") + " " + phrase("Está vacío.")
    with translation.override("es-mx"):
        assert told(held[3]) == "2 problemas"


def test_what_is_no_phrase_stays_as_it_is_and_percent_signs_and_braces_are_only_signs():
    assert again("Aviso: 100 %s") == "Aviso: 100 %s"
    assert again(phrase("Un nombre no lleva «%s».") % "%(x)s {day}") == "Un nombre no lleva «%(x)s {day}»."
    assert again(phrase("%s y %s") % (Decimal("1.50"), "b")) == "1.50 y b"
    assert pickle.loads(pickle.dumps(phrase("%s y %s") % ("a", "b"))) == "a y b"  # noqa: S301
