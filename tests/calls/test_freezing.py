"""What publication freezes: one canonical text, whatever the order of the rows, and a chain of addenda."""

import hashlib
import json
import random
from dataclasses import fields, replace
from datetime import UTC, datetime

from cauce.calls import rules
from cauce.calls.rules.aftermath import Aftermath
from cauce.calls.rules.categories import Categories, PartnerFacts
from cauce.calls.rules.design import Design
from cauce.calls.rules.freezing import TeamFacts
from cauce.calls.rules.lottery import Source
from cauce.calls.rules.requirements import Asked
from tests.calls.test_lint import GOOD, MARK, PUBLIC, entry, post

FULL = replace(
    GOOD,
    entries=(entry("lunes 12"), replace(entry("martes 13"), label="Otra")),
    states=(("20", "Oaxaca"), ("21", "Puebla")),
    posts=tuple(post(f"20-{number}") for number in range(9)),
    score_criteria=(MARK, {**MARK, "key": "months"}),
)


def test_the_same_call_gives_the_same_bytes_in_any_order():
    shuffled = {}
    for name in ("entries", "states", "specialties", "posts"):
        rows = list(getattr(FULL, name))
        random.Random(7).shuffle(rows)
        shuffled[name] = tuple(rows)
    assert rules.frozen_rules(replace(FULL, **shuffled)) == rules.frozen_rules(FULL)


def test_the_order_of_criteria_binds():
    turned = replace(FULL, score_criteria=FULL.score_criteria[::-1])
    assert rules.frozen_rules(turned) != rules.frozen_rules(FULL)


def test_everything_that_binds_changes_the_digest():
    """Any field of the snapshot, changed, gives another text: nothing that binds was left out."""
    other = {
        "institution": replace(FULL.institution, name="Otra"),
        "opens_at": datetime(2024, 2, 10, tzinfo=UTC),
        "closes_at": datetime(2024, 2, 25, tzinfo=UTC),
        "results_at": datetime(2024, 3, 2, tzinfo=UTC),
        "entries": FULL.entries[:1],
        "max_choices": 4,
        "score_criteria": FULL.score_criteria[:1],
        "states": FULL.states[:1],
        "specialties": (replace(FULL.specialties[0], tier="listed"),),
        "posts": (replace(FULL.posts[0], seats=2), *FULL.posts[1:]),
        "design": Design(region_rule="target", regions=[{"state": "20", "cap": 3}]),
        "requirements": (Asked("titulo", "Título", is_curable=False),),
        "aftermath": Aftermath(claim_days=3),
        "lottery": replace(PUBLIC, known_at=FULL.results_at),
        "rubric": {"criteria": []},
        "profile": ({"key": "r1", "label": "Título", "weight": 0},),
        "teams": (TeamFacts("Z1", "Istmo", "zone", "20", "Istmo", (), ()),),
        "categories": Categories([{"key": "mexican", "group": ""}]),
        "partners": (PartnerFacts("ISSS", "ISSS", "SV", "isss", FULL.closes_at, 3, "", ""),),
    }
    frozen = rules.frozen_rules(FULL)
    for field in fields(FULL):
        if field.name == "uncovered":
            continue  # what the catalogue has and no team covers: for the linter, it binds nobody
        changed = replace(FULL, **{field.name: other.get(field.name, "otro")})
        assert rules.frozen_rules(changed) != frozen, field.name


def test_the_text_is_json_with_the_hours_of_the_centre():
    document = json.loads(rules.frozen_rules(FULL))
    assert document["calendar"]["closes_at"] == "2024-02-23T23:59:59-06:00"
    lottery = {"key": "lottery", "commitment": FULL.lottery_commitment}
    assert document["order"][-1] == {**lottery, "source": PUBLIC.document()}
    assert document["order"][-1]["source"]["known_at"] == "2024-02-26T12:00:00-06:00"
    sealed = json.loads(rules.frozen_rules(replace(FULL, lottery=Source())))
    assert sealed["order"][-1] == lottery  # what the rules of older calls say, to the byte
    assert document["posts"][0]["monthly_pay"] == "39021.00"
    assert rules.digest_of("ñ") == hashlib.sha256("ñ".encode()).hexdigest()


def test_an_addendum_is_chained_to_what_was_before():
    facts = {
        "call": "JR24", "number": 1, "text": "Se amplía.", "closes_at": None,
        "published_at": datetime(2024, 2, 12, tzinfo=UTC),
    }  # fmt: skip
    one = rules.addendum_digest(previous="a" * 64, **facts)
    assert one == rules.addendum_digest(previous="a" * 64, **facts)
    assert one != rules.addendum_digest(previous="b" * 64, **facts)
    assert one != rules.addendum_digest(previous="a" * 64, **{**facts, "text": "Se amplía"})
