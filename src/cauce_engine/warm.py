"""Compile every loop before the first person waits for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cauce_engine.after import wanting_loops
from cauce_engine.allocation import allocate
from cauce_engine.certify.order import at_once as certified_at_once
from cauce_engine.couples import market_of
from cauce_engine.couples.exact import Clauses
from cauce_engine.couples.objections import objections
from cauce_engine.explain import explain_all
from cauce_engine.formats import canonical, reading_loops
from cauce_engine.formats.documents import parse_question
from cauce_engine.order import tickets_at_once


def warm() -> None:
    """Run every mechanism on a question of two people, which compiles its loops and keeps them on disk."""
    order: dict[str, Any] = {"order": ["b", "a"]}
    classes: dict[str, Any] = {"classes": [{"group": None, "seats": 1}]}
    for question in map(
        parse_question, (_question("serial"), _question("stable", **order), _question(**classes))
    ):
        explain_all(question, allocate(question))
    with_couple = _question("stable")
    with_couple["applicants"] = [{"id": person} for person in "ab"]
    with_couple["couples"] = [{"id": "c", "members": ["a", "b"], "choices": [["p", "p"], ["p", None]]}]
    coupled = parse_question(with_couple)
    objections(market_of(coupled), allocate(coupled).post)
    _search()
    start, choices = np.array([0, 1, 2]), np.zeros(2, np.int32)
    reading_loops.first_repeated(np.ones(2, np.int64), choices, 1)
    reading_loops.reordered(start, choices, np.arange(2), start)
    wanting_loops.by_post(start, choices, 1)
    one = parse_question(_question("serial"))
    b"".join(canonical.people_at_once(one))
    names = np.frombuffer(b"ab", np.uint8)
    tickets_at_once(b"key", names, np.arange(3), np.arange(2, dtype=np.int32))
    certified_at_once([bytes(64), bytes(64)], names, np.arange(1, 3))


def _search() -> None:
    """What only a market of couples that defies every sequence reaches: else the first of them waits for it."""
    clauses = Clauses()
    one = clauses.new()
    clauses.say([one, clauses.new()])
    clauses.search(10)


def _question(mechanism: str = "serial", **post: Any) -> dict[str, Any]:
    return {
        "format": "cauce-question/1",
        "mechanism": mechanism,
        "applicants": [{"id": person, "choices": ["p"]} for person in "ab"],
        "posts": [{"id": "p", "capacity": 1, **post}],
    }
