"""The linter: every finding, and nothing else, for each thing that can be wrong with a call."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cauce.calls import rules
from cauce.calls.rules.freezing import EntryFacts, InstitutionFacts, PostFacts, Snapshot, SpecialtyFacts
from cauce.calls.rules.lottery import Source, Witness
from cauce.calls.rules.weekdays import mentions
from tests.calls.drafts import LONG_TEXT

NOW = datetime(2024, 1, 20, 18, tzinfo=UTC)
PUBLIC = Source(
    kind="value", words="Los seis números del sorteo del 26 de febrero", where="Lotería Nacional",
    known_at=datetime(2024, 2, 26, 18, tzinfo=UTC), fallback_hours=24,
    witnesses=tuple(Witness(f"Testigo {n}", "Archivo", f"{n}" * 64) for n in range(3)),
)  # fmt: skip
NEAR = date(2024, 2, 11)
MARK = {
    "key": "mark", "label": "Calificación", "decimals": 2, "minimum": "60", "maximum": "100", "declared": True,
}  # fmt: skip


def post(key="20-1", **values):
    defaults = {
        "key": key, "specialty": "pediatria", "specialty_name": "Pediatría", "specialty_valid_from": None,
        "specialty_valid_until": None, "site": f"Hospital {key}", "clues": None, "institution": "IMSSB", "state": "20",
        "state_name": "Oaxaca", "municipality": "Juchitán", "care_level": 2, "seats": 1, "shift": "morning", "contract": "02",
        "monthly_pay": Decimal("39021"), "isolation_percent": 0, "rural_percent": 0, "is_priority": False,
        "has_housing": False, "has_transport": False, "note": "",
    }  # fmt: skip
    return PostFacts(**{**defaults, **values})


GOOD = Snapshot(
    code="JR24", kind="drive", title="Jornada", summary="Plazas.",
    institution=InstitutionFacts("IMSSB", "IMSS-Bienestar", None, None),
    issuing_authority="Unidad", legal_basis="Ley", contact="55 0000 0000",
    opens_at=datetime(2024, 2, 11, 6, tzinfo=UTC), closes_at=datetime(2024, 2, 24, 5, 59, 59, tzinfo=UTC),
    results_at=datetime(2024, 3, 1, 18, tzinfo=UTC), entries=(), mechanism="serial", list_rule="free",
    max_choices=None, score_criteria=(MARK,), lottery_commitment="sha256:" + "0" * 64,
    states=(("20", "Oaxaca"),), specialties=(SpecialtyFacts("pediatria", "Pediatría", "core", None, None),),
    posts=(post("20-1"), post("20-2")), rules_text=LONG_TEXT, lottery=PUBLIC,
)  # fmt: skip


def codes(call):
    return {(finding.code, finding.severity.value) for finding in rules.lint(call, now=NOW)}


def entry(as_written, starts=datetime(2024, 2, 12, 15, tzinfo=UTC), ends=None):
    return EntryFacts(1, "Mesas en Oaxaca", starts, ends, as_written)


def test_a_good_call_has_no_findings():
    assert rules.lint(GOOD, now=NOW) == ()


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"title": " "}, "no-title", "blocks"),
        ({"issuing_authority": ""}, "no-authority", "blocks"),
        ({"legal_basis": ""}, "no-legal-basis", "blocks"),
        ({"contact": ""}, "no-contact", "blocks"),
        ({"contact": "Rosalba Quintanar"}, "contact-unreachable", "warns"),
        ({"rules_text": ""}, "no-rules-text", "blocks"),
        ({"rules_text": "Corto."}, "short-rules-text", "warns"),
        ({"institution": InstitutionFacts("X", "X", None, date(2024, 2, 20))}, "institution-validity", "blocks"),
        ({"institution": InstitutionFacts("X", "X", date(2024, 2, 12), None)}, "institution-validity", "blocks"),
        ({"results_at": GOOD.opens_at}, "dates-out-of-order", "blocks"),
        ({"closes_at": NOW, "opens_at": NOW - timedelta(9)}, "closes-in-the-past", "blocks"),
        ({"opens_at": NOW - timedelta(1)}, "opens-in-the-past", "warns"),
        ({"entries": (entry("", ends=datetime(2024, 2, 11, tzinfo=UTC)),)}, "entry-ends-before-start", "blocks"),
        ({"entries": (entry("martes 12 de febrero"),)}, "weekday", "warns"),
        ({"entries": (entry("martes 13 de febrero"),)}, "written-date-differs", "warns"),
        ({"rules_text": LONG_TEXT + " Abre este martes 12 de febrero."}, "weekday", "warns"),
        ({"rules_text": LONG_TEXT + " El jueves 30 de febrero de 2024."}, "no-such-day", "warns"),
        ({"summary": "Del lunes 11 al viernes 23 de febrero"}, "weekday", "warns"),
        ({"states": (("20", "Oaxaca"), ("21", "Puebla"))}, "state-without-posts", "warns"),
        ({"score_criteria": ()}, "lottery-alone", "warns"),
        ({"lottery_commitment": ""}, "no-lottery", "blocks"),
        ({"lottery": Source()}, "lottery-seal-only", "warns"),
        ({"lottery": replace(PUBLIC, words="Sorteo del lunes 27 de febrero de 2024")}, "weekday", "warns"),
        ({"lottery": replace(PUBLIC, where=" ")}, "lottery-words", "blocks"),
        ({"lottery": replace(PUBLIC, known_at=None)}, "lottery-moment", "blocks"),
        ({"lottery": replace(PUBLIC, known_at=GOOD.closes_at)}, "lottery-too-early", "blocks"),
        ({"lottery": replace(PUBLIC, known_at=GOOD.closes_at + timedelta(hours=3))}, "lottery-outage", "warns"),
        ({"lottery": replace(PUBLIC, known_at=GOOD.results_at - timedelta(hours=48))}, "lottery-too-late", "blocks"),
        ({"lottery": replace(PUBLIC, witnesses=(), fallback_hours=0)}, "lottery-no-fallback", "warns"),
        ({"lottery": replace(PUBLIC, witnesses=())}, "lottery-fallback", "blocks"),
        ({"lottery": replace(PUBLIC, fallback_hours=0)}, "lottery-fallback", "blocks"),
        ({"lottery": replace(PUBLIC, witnesses=PUBLIC.witnesses[:2])}, "lottery-few-witnesses", "blocks"),
        ({"lottery": replace(PUBLIC, witnesses=PUBLIC.witnesses[:2] * 2)}, "lottery-witness-twice", "blocks"),
        ({"lottery": replace(PUBLIC, witnesses=(*PUBLIC.witnesses, Witness("Ana", " ", "f" * 64)))}, "lottery-witness", "blocks"),
        ({"posts": ()}, "no-posts", "blocks"),
        ({"posts": (post("a", contract="training"), post("b"))}, "contract-of-another-kind", "warns"),
        ({"posts": (post("a", site="H"), post("b", site="H"))}, "posts-alike", "warns"),
        ({"list_rule": "complete", "posts": (post(),)}, "list-of-one", "warns"),
        ({"list_rule": "complete", "max_choices": 1}, "complete-list-too-long", "blocks"),
        ({"max_choices": 3}, "limit-beyond-any-list", "warns"),
    ],
)  # fmt: skip
def test_each_fault_is_the_one_finding(changes, code, severity):
    assert codes(replace(GOOD, **changes)) == {(code, severity)}


def test_what_an_outage_could_cut_is_told_of_results_and_of_the_lottery():
    soon = replace(PUBLIC, known_at=GOOD.closes_at + timedelta(hours=1), fallback_hours=0, witnesses=())
    found = codes(replace(GOOD, results_at=GOOD.closes_at + timedelta(hours=3), lottery=soon))
    assert found == {("outage-cut", "warns"), ("lottery-outage", "warns"), ("lottery-no-fallback", "warns")}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"specialty": "cirugia", "specialty_name": "Cirugía"}, "invisible-specialty"),
        ({"state": "21", "state_name": "Puebla"}, "invisible-state"),
        ({"municipality": " "}, "invisible-site"),
        ({"care_level": None}, "invisible-site"),
        ({"specialty_valid_until": date(2024, 2, 22)}, "invisible-validity"),
        ({"specialty_valid_from": date(2024, 2, 12)}, "invisible-validity"),
    ],
)
def test_a_post_nobody_can_see_blocks_and_is_named(change, code):
    findings = rules.lint(replace(GOOD, posts=(post("20-1"), post("20-2", **change))), now=NOW)
    assert [(finding.code, finding.about, finding.blocks) for finding in findings] == [(code, "20-2", True)]


def test_an_empty_scope_blocks():
    assert codes(replace(GOOD, states=(), specialties=())) >= {
        ("no-states", "blocks"),
        ("no-specialties", "blocks"),
    }


@pytest.mark.parametrize(("tier", "severity"), [("core", "blocks"), ("listed", "warns")])
def test_a_specialty_without_posts(tier, severity):
    offered = (*GOOD.specialties, SpecialtyFacts("cirugia", "Cirugía", tier, None, None))
    assert codes(replace(GOOD, specialties=offered)) == {("specialty-without-posts", severity)}


@pytest.mark.parametrize(
    "change",
    [
        {"minimum": "100", "maximum": "60"},
        {"minimum": "60", "maximum": "60"},
        {"minimum": "60.123"},
        {"minimum": "sesenta"},
        {"maximum": "NaN"},
        {"maximum": None},
        {"decimals": 7},
        {"decimals": "2"},
        {"decimals": True},
        {"key": ""},
        {"label": ""},
    ],
)
def test_criteria_that_contradict_themselves_block(change):
    assert codes(replace(GOOD, score_criteria=({**MARK, **change},))) == {("criterion", "blocks")}


def test_a_criterion_may_not_come_twice():
    assert codes(replace(GOOD, score_criteria=(MARK, MARK))) == {("criterion", "blocks")}


def test_what_blocks_comes_first():
    findings = rules.lint(replace(GOOD, contact="", score_criteria=(), posts=()), now=NOW)
    assert [finding.blocks for finding in findings] == [True, True, False]


def test_a_wrong_weekday_says_the_right_one_and_its_key_holds_the_words():
    (finding,) = rules.lint(replace(GOOD, rules_text=LONG_TEXT + " Este martes 12 de febrero."), now=NOW)
    assert "lunes 12 de febrero de 2024" in finding.sentence
    assert finding.key == "weekday:rules|martes 12 de febrero"


def test_the_closing_day_is_said_to_be_that():
    (finding,) = rules.lint(replace(GOOD, rules_text=LONG_TEXT + " Cierra el jueves 23 de febrero."), now=NOW)
    assert "Es el día del cierre" in finding.sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("este martes 12 de febrero abre", [("martes 12 de febrero", date(2024, 2, 12), False)]),
        (
            "del lunes 12 al viernes 16 de febrero de 2024",
            [
                ("lunes 12", date(2024, 2, 12), True),
                ("viernes 16 de febrero de 2024", date(2024, 2, 16), True),
            ],
        ),
        ("Miércoles 14/02/2024", [("Miércoles 14/02/2024", date(2024, 2, 14), True)]),
        ("MIE\u0301RCOLES 14 DE FEBRERO", [("MIÉRCOLES 14 DE FEBRERO", date(2024, 2, 14), True)]),
        ("sábado 1.º de marzo", [("sábado 1.º de marzo", date(2024, 3, 1), False)]),
        ("domingo 31 de diciembre", [("domingo 31 de diciembre", date(2023, 12, 31), True)]),
        ("jueves 29 de febrero de 2023", [("jueves 29 de febrero de 2023", None, False)]),
        ("martes a las 12:30 del 3 de mayo", []),
        ("el martes 12:30 horas", []),
        ("lunes 5. Luego, en marzo", []),
        ("12 de febrero", []),
    ],
)
def test_dates_in_prose(text, expected):
    assert [(m.words, m.on, m.agrees) for m in mentions(text, near=NEAR)] == expected


def test_prose_longer_than_any_call_is_read_at_once():
    assert sum(1 for _ in mentions("martes 12 de febrero " * 10_000, near=NEAR)) == 10_000
    assert not list(mentions("martes " * 30_000, near=NEAR))
