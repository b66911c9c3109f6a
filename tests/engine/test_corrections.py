"""Corrections after the fact: the minimal re-run equals solving again, and the gentle effects harm nobody."""

from __future__ import annotations

import copy

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cauce_engine import Unsupported, allocate, parse_question
from cauce_engine.correcting import correct
from cauce_engine.correction_documents import correction_of
from tests.engine.questions import NAMES, class_documents, region_documents, serial_documents, stable_documents


@st.composite
def corrections(draw, documents):
    """A question and a list of events that fit it."""
    document = draw(documents)
    people = [person["id"] for person in document["applicants"]]
    posts = [post["id"] for post in document["posts"]]
    width = max((len(p.get("merit", [])) for p in document["applicants"]), default=0)
    merit = st.lists(st.integers(-4, 4).map(str), min_size=width, max_size=width)
    lists = st.lists(st.sampled_from(posts), unique=True)
    withdrawn = draw(st.lists(st.sampled_from(people), unique=True, max_size=2)) if people else []
    events = [{"kind": "withdrawal", "applicant": person} for person in withdrawn]
    stay = [person for person in people if person not in withdrawn]
    appealing = draw(st.lists(st.sampled_from(stay), unique=True, max_size=2)) if stay else []
    for person in appealing:
        event = {"kind": "appeal", "applicant": person}
        if draw(st.booleans()):
            event["choices"] = draw(lists)
        others = [other for other in stay if other != person]
        way = draw(st.sampled_from(["merit", "place", "own", "none"]))
        if way == "merit" and width:
            event["merit"] = draw(merit)
        elif way == "place":
            event["ahead_of"] = draw(st.sampled_from([*others, None]))
        elif way == "own":
            own = [post for post in document["posts"] if post.get("order") is not None]
            if own:
                post = draw(st.sampled_from(own))
                flat = [n for e in post["order"] for n in (e if isinstance(e, list) else [e])]
                event["post"] = post["id"]
                event["ahead_of"] = draw(st.sampled_from([*(n for n in flat if n in others), None]))
        if len(event) > 2:
            events.append(event)
    newcomers = [name for name in NAMES if name not in people]
    if newcomers and draw(st.integers(0, 3)) == 0:
        event = {"kind": "admission", "applicant": draw(st.sampled_from(newcomers)), "choices": draw(lists)}
        events.append(event | ({"merit": draw(merit)} if width else {}))
    if not events or draw(st.integers(0, 3)) == 0:
        post = draw(st.sampled_from(document["posts"]))
        event = {"kind": "seats", "post": post["id"], "add": draw(st.integers(1, 2))}
        if post.get("classes"):
            event["class"] = draw(st.sampled_from([c["group"] or "open" for c in post["classes"]]))
        events.append(event)
    return document, draw(st.permutations(events))


simple = st.one_of(serial_documents(), stable_documents(), stable_documents(12, 4))


@given(corrections(simple))
@settings(max_examples=600)
def test_the_minimal_rerun_is_the_full_one(case):
    document, events = case
    question = parse_question(document)
    correction = correction_of(question, allocate(question), events)
    outcome = correct(correction, "rerun")
    again = allocate(correction.corrected)
    assert np.array_equal(outcome.post, again.post)
