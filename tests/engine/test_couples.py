"""Couples: published verdicts, published instances, and every assignment of small markets."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cauce_engine import Allocation, Unsupported, allocate, certify, explain, explain_all, parse_question
from cauce_engine import __main__ as command
from cauce_engine.certify.couples import Judged, objections_of
from cauce_engine.couples import Attempts, market_of
from cauce_engine.couples.exact import Exact
from cauce_engine.couples.objections import objections
from cauce_engine.problems import Orders
from tests.engine import published, reference
from tests.engine.examples import examples
from tests.engine.markets import couple_market

HARD = ["couples_r_hri2_example1", "couples_r_hri2_example3", "sms_test4", "sms_try1", "sms_try2", "sms_try3"]


IMPOSSIBLE = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [{"id": "a"}, {"id": "b"}, {"id": "s", "choices": ["p", "q"]}],
    "posts": [
        {"id": "p", "capacity": 1, "order": ["a", "s"]},
        {"id": "q", "capacity": 1, "order": ["s", "b"]},
    ],
    "couples": [{"id": "c", "members": ["a", "b"], "choices": [["p", "q"]]}],
}


@st.composite
def couple_documents(draw) -> dict:
    """Up to two couples and three single people at three posts: same-post and null pairs, one-sided wishes, merit
    instead of orders.
    """
    posts = ["p", "q", "r"][: draw(st.integers(1, 3))]
    couples = draw(st.integers(1, 2))
    singles = [f"s{n}" for n in range(draw(st.integers(0, 3)))]
    members = [f"{who}{n}" for n in range(couples) for who in "ab"]
    people = [*singles, *members]
    entry = st.sampled_from([*posts, None])
    pair = st.one_of(st.tuples(entry, entry), st.sampled_from(posts).map(lambda post: (post, post)))
    by_merit = draw(st.integers(0, 7)) == 0
    merit = (
        {person: {"merit": [str(draw(st.integers(0, 3)))]} for person in people}
        if by_merit
        else {person: {} for person in people}
    )
    return {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [
            *(
                {"id": s, "choices": draw(st.lists(st.sampled_from(posts), unique=True)), **merit[s]}
                for s in singles
            ),
            *({"id": m, **merit[m]} for m in members),
        ],
        "posts": [
            {"id": post, "capacity": draw(st.integers(0, 3))}
            | (
                {}
                if by_merit
                else {
                    "order": draw(st.permutations(people))[
                        : draw(st.sampled_from([len(people), len(people) - 1]))
                    ]
                }
            )
            for post in posts
        ],
        "couples": [
            {
                "id": f"c{n}",
                "members": [f"a{n}", f"b{n}"],
                "choices": draw(
                    st.lists(
                        pair.filter(lambda both: both != (None, None)).map(list),
                        unique_by=tuple,
                        max_size=5,
                    )
                ),
            }
            for n in range(couples)
        ],
        "options": {"couples_definition": draw(st.sampled_from(["BIS", "MM"]))},
    }


@examples(200)
@given(couple_documents())
def test_an_answer_is_stable_and_none_means_none(document):
    answer = allocate(parse_question(document))
    outcomes = [(len(reference.couple_objections(document, one)), one) for one in every_outcome(document)]
    if answer.status == "certified":
        assert (0, answer.places()) in outcomes
        return
    assert answer.status == "none-exists"
    written = answer.to_document()
    fewest = written["fewest_objections"]
    assert fewest["count"] == min(count for count, _ in outcomes) > 0
    assert fewest["proven_fewest"] is True
    assert len(reference.couple_objections(document, fewest["places"])) == fewest["count"]
    if written["extra_seats"] is not None:
        assert_stable_with(written["extra_seats"], document)


def assert_stable_with(extra, document):
    """With the named seats, at most two a post, the named answer has no objection."""
    added = {entry["post"]: entry["seats"] for entry in extra["posts"]}
    assert added
    assert all(1 <= seats <= 2 for seats in added.values())
    posts = [{**post, "capacity": post["capacity"] + added.get(post["id"], 0)} for post in document["posts"]]
    assert reference.couple_objections({**document, "posts": posts}, extra["places"]) == []


@examples(200)
@given(couple_documents())
def test_the_exact_search_alone_finds_an_answer_exactly_where_one_exists(document):
    question = parse_question(document)
    exact = Exact(market_of(question))
    post = exact.solve()
    exists = any(not reference.couple_objections(document, one) for one in every_outcome(document))
    assert exact.impossible is not exists
    assert (post is not None) is exists
    if post is not None:
        names = [*question.posts, None]
        places = {person: names[p] for person, p in zip(question.applicants, post.tolist(), strict=True)}
        assert reference.couple_objections(document, places) == []


@examples(150)
@given(couple_documents(), st.data())
def test_the_solver_counts_the_objections_that_the_certifier_finds(document, data):
    """Two pieces of code that share nothing: what the one counts are exactly the pairs that the other finds."""
    question = parse_question(document)
    places = data.draw(st.sampled_from(list(every_outcome(document))))
    index = {name: at for at, name in enumerate(question.posts)} | {None: -1}
    post = np.array([index[places[person]] for person in question.applicants], np.int32)
    counted, judged = objections(market_of(question), post), Judged(question, post)
    assert [one for one in counted if "couple" in one] == judged.couples_objecting()
    singles = [one for one in counted if "applicant" in one]
    assert bool(singles) is (judged.envy() is not None or judged.waste() is not None)
    assert len(counted) == len(reference.couple_objections(document, places))


@examples(150)
@given(couple_documents(), st.data())
def test_the_certifier_finds_the_objections_of_the_definition(document, data):
    question = parse_question(document)
    places = data.draw(st.sampled_from(list(every_outcome(document))))
    claimed = {
        "format": "cauce-answer/1",
        "question": question.digest,
        "status": "certified",
        "places": places,
    }
    checks = certify(question, Allocation.from_document(question, claimed))
    assert all(check.holds for check in checks) is (reference.couple_objections(document, places) == [])


def every_outcome(document):
    """Every assignment in which couples hold pairs of their lists."""
    wanted = reference.mutual({**document, "posts": document["posts"]})
    orders = reference.post_orders(document)
    inside = {member for couple in document["couples"] for member in couple["members"]}
    singles = [person for person in wanted["applicants"] if person["id"] not in inside]
    options = [[{person["id"]: post} for post in [*person["choices"], None]] for person in singles]
    for couple in document["couples"]:
        a, b = couple["members"]
        listed = [
            {a: p, b: q}
            for p, q in couple["choices"]
            if (p is None or a in orders[p]) and (q is None or b in orders[q])
        ]
        options.append([*listed, {a: None, b: None}])
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    for parts in itertools.product(*options):
        places = {person: post for part in parts for person, post in part.items()}
        held = [post for post in places.values() if post is not None]
        if all(held.count(post) <= seats[post] for post in set(held)):
            yield places


@pytest.mark.parametrize("name", HARD)
def test_published_markets_with_couples_are_solved(name):
    instance = published.load(name)
    answer = allocate(parse_question(published.document(instance)))
    assert answer.status == "certified"
    matchings = instance["expected"].get("all_stable_matchings", [])
    literal = instance["expected"].get("all_stable_if_it_does_not_count", matchings)
    if literal:
        placed = {person: post for person, post in answer.places().items() if post is not None}
        assert placed in [{k: v for k, v in matching.items() if v is not None} for matching in literal]


def test_published_verdicts_are_reproduced():
    """Cases whose post has no ties; pairs that a couple likes equally are no objection to each other."""
    judged = 0
    for case in published.load("couples_stability_definitions")["instances"]:
        if any(isinstance(entry, list) for entry in case["programmes"]["h1"]["order"]):
            continue
        document = published.document(case)
        groups = case["couples"]["c1"]["prefs"]
        document["couples"][0]["choices"] = [pair for group in groups for pair in group]
        for verdict, definition in itertools.product(case["verdicts"], ("BIS", "MM")):
            document["options"] = {"couples_definition": definition}
            question = parse_question(document)
            matching = [verdict["matching"].get(person) for person in question.applicants]
            post = np.array([question.posts.index(p) if p else -1 for p in matching], np.int32)
            mine = [verdict["matching"].get(member) for member in ("A", "a")]
            alike = next((group for group in groups if mine in group), [])
            judged_ = Judged(question, post)
            found = [one for one in judged_.couples_objecting() if one["pair"] not in alike]
            singles = judged_.envy() or judged_.waste()
            assert (found == [] and singles is None) is verdict["stable"][definition], (
                case["case"],
                verdict,
                definition,
            )
            judged += 1
    assert judged >= 60


def test_a_market_without_any_stable_answer_says_so():
    answer = allocate(parse_question(IMPOSSIBLE))
    assert answer.status == "none-exists"
    written = json.loads(answer.to_bytes())
    assert written["couples_definition"] == "BIS"
    assert written["fewest_objections"]["count"] == 1
    assert written["fewest_objections"]["proven_fewest"] is True
    assert written["proof"]["part"]["couples"] == 1
    assert [entry["seats"] for entry in written["extra_seats"]["posts"]] == [1]


@pytest.mark.parametrize("seed", range(40, 52))
def test_the_exact_search_agrees_with_the_sequences_beyond_brute_force(seed):
    question = couple_market(120, 20, seed=seed)
    question = replace(question, options={"couples_definition": ("BIS", "MM")[seed % 2]})
    market = market_of(question)
    exact = Exact(market)
    proven, met = exact.solve(), Attempts(market).run(60)
    assert (proven is None) is exact.impossible
    for post in (one for one in (proven, met) if one is not None):
        assert objections(market, post) == []
        assert all(witness is None for witness in objections_of(question, post).values())
    assert met is None or not exact.impossible


@pytest.mark.parametrize("seed", range(8))
def test_where_orders_are_read_only_as_far_as_they_matter_nothing_is_missed(seed):
    """Answers of markets with full posts, spoilt in a few places: both sides, sharing nothing, see the same."""
    chance = np.random.default_rng(seed)
    question = couple_market(400, 30, seed=seed)
    orders = question.orders
    given = chance.random(len(question.posts)) < (1, 0.8)[seed // 2 % 2]
    kept = np.repeat(given, np.diff(orders.start))
    start = np.concatenate([[0], np.cumsum(np.diff(orders.start) * given)])
    level = orders.level[kept] // (1 + seed // 4)
    orders = Orders(start, orders.applicant[kept], level, given, orders.inner[kept])
    question = replace(question, orders=orders, options={"couples_definition": ("BIS", "MM")[seed % 2]})
    market = market_of(question)
    attempts = Attempts(market)
    met = attempts.run(12)
    met = attempts.last if met is None else met
    seen = 0
    for _ in range(40):
        post = met.copy()
        for person in chance.choice(len(post), chance.integers(0, 4)):
            couple = next((c.members for c in question.couples if person in c.members), (person,))
            post[list(couple)] = -1
        counted, judged = objections(market, post), objections_of(question, post)
        couples = [one for one in counted if "couple" in one]
        assert Judged(question, post).couples_objecting() == couples
        singles = {(one["applicant"], one["post"]) for one in counted if "applicant" in one}
        for name in ("A3", "A4"):
            witness = judged[name]
            assert witness is None or (witness["applicant"], witness["post"]) in singles
        assert bool(singles) is not (judged["A3"] is None and judged["A4"] is None)
        assert judged["A1"] is None
        assert judged["A2"] is None
        assert (judged["A9"] is None) is (counted == [])
        seen += len(couples) > 0
    assert seen > 5


def test_people_who_go_in_circles_end_a_sequence():
    """Here three single people put one another out for ever, in the wake of a couple; no couple moves."""
    question = replace(couple_market(300, 30, seed=83), options={"couples_definition": "MM"})
    answer = allocate(question)
    assert answer.status == "none-exists"
    assert answer.to_document()["proof"]["part"]["conflicts"] > 0


@examples(150)
@given(couple_documents())
def test_every_pair_and_every_wish_has_a_reason(document):
    question = parse_question(document)
    answer = allocate(question)
    if answer.status != "certified":
        with pytest.raises(Unsupported):
            explain(question, answer, "a0")
        return
    for couple in document["couples"]:
        for which, member in enumerate(couple["members"]):
            explained = explain(question, answer, member)
            assert explained.post == answer.places()[member]
            assert [list(wish.posts) for wish in explained.wishes] == couple["choices"]
            for wish in explained.wishes:
                assert (wish.code == "prevented") is bool(wish.obstacles), (wish, which)
                assert all(o.distance is None or o.distance >= 1 for o in wish.obstacles), wish
            for lang in ("es", "en"):
                assert len(explained.sentences(lang)) == len(couple["choices"]) + 2
    everybody = explain_all(question, answer)
    assert len(everybody.code) == len(question.choices)
    at = 0
    for person in question.applicants:
        if not any(person in couple["members"] for couple in document["couples"]):
            explained = explain(question, answer, person)
            codes = [everybody.codes[code] for code in everybody.code[at : at + len(explained.wishes)]]
            assert codes == [wish.code for wish in explained.wishes]
            at += len(codes)


TOLD = {
    "format": "cauce-question/1",
    "mechanism": "stable",
    "applicants": [{"id": "a"}, {"id": "b"}, {"id": "s", "choices": ["p"]}, {"id": "t", "choices": ["q"]}],
    "posts": [
        {"id": "p", "capacity": 1, "order": ["s", "t", "a"]},
        {"id": "q", "capacity": 2, "order": ["t", "a", "b"]},
        {"id": "r", "capacity": 1, "order": ["b", "a"]},
    ],
    "couples": [{"id": "c", "members": ["a", "b"], "choices": [["p", "q"], ["q", "q"], ["q", "r"]]}],
}


def test_the_sentences_of_a_couple_name_the_member_the_post_and_the_distance():
    question = parse_question(TOLD)
    said = explain(question, allocate(question), "b").sentences("en")
    assert said == (
        "Couple c: b gets post r; a gets post q.",
        "Choice 1, a at p and b at q: at p, a is 2 places behind the last person admitted who could have given "
        "way (place 1 in the post's order); at q, b is 2 places behind the last person admitted who could have "
        "given way (place 1 in the post's order); the seat that a would leave does not count.",
        "Choice 2, a at q and b at q: q would have needed two seats and, the couple not counted, had 1 free; b "
        "is 2 places behind whoever would have had to give way (place 1 in the post's order).",
        "Choice 3, a at q and b at r: this is the one they get.",
        "The couple was judged by the definition of Biró, Irving and Schlotter (BIS).",
    )


def planted(places, **options):
    """The checks of TOLD with these places claimed as certified."""
    question = parse_question({**TOLD, "options": options})
    claimed = {"format": "cauce-answer/1", "question": question.digest, "status": "certified"}
    answer = Allocation.from_document(question, {**claimed, "places": places})
    return {check.name: check for check in certify(question, answer)}


@pytest.mark.parametrize(
    ("places", "witness"),
    [
        # A free seat for both members.
        ({"a": None, "b": None, "s": "p", "t": "q"}, {"couple": "c", "pair": ["q", "r"]}),
        # A single person refused by a post with a free seat, and by one that took someone behind them.
        ({"a": "q", "b": "r", "s": None, "t": "q"}, {"applicant": "s", "post": "p", "open_seats": 1}),
        # Two free seats at one post.
        ({"a": "q", "b": "r", "s": "p", "t": None}, {"couple": "c", "pair": ["q", "q"]}),
        # A couple at posts that are not a pair of its list.
        ({"a": "q", "b": None, "s": "p", "t": "q"}, {"couple": "c", "pair": ["q", None]}),
    ],
)
def test_a_planted_objection_is_found_and_named(places, witness):
    check = planted(places)["A9"]
    assert not check.holds
    assert dict(check.witness) == witness


def test_a_planted_envy_and_a_beatable_holder_are_found():
    document = {
        **TOLD,
        "applicants": [*TOLD["applicants"], {"id": "u", "choices": ["r"]}, {"id": "v", "choices": ["q"]}],
        "posts": [
            TOLD["posts"][0],
            {"id": "q", "capacity": 2, "order": ["a", "b", "t", "v"]},
            {"id": "r", "capacity": 1, "order": ["b", "a", "u"]},
        ],
    }
    question = parse_question(document)

    def first(places):
        claimed = {"format": "cauce-answer/1", "question": question.digest, "status": "certified"}
        answer = Allocation.from_document(question, {**claimed, "places": places})
        return next(dict(c.witness) for c in certify(question, answer) if c.name == "A9" and not c.holds)

    # Two people behind both members hold the post: the pair (q, q) objects by rank alone.
    assert first({"a": None, "b": None, "s": "p", "t": "q", "u": "r", "v": "q"}) == {
        "couple": "c", "pair": ["q", "q"],
    }  # fmt: skip
    # One free seat beside a member who would rather be there together: its own seat is taken out first.
    assert first({"a": "q", "b": "r", "s": "p", "t": "q", "u": None, "v": None})["pair"] == ["q", "q"]
    # A single person envied: v sits where t, before v, would rather be.
    envied = first({"a": "q", "b": "r", "s": "p", "t": None, "u": None, "v": "q"})
    assert envied in ({"couple": "c", "pair": ["q", "q"]}, {"applicant": "t", "post": "q", "behind": "v"})


def test_the_left_seat_counts_neither_as_free_nor_as_beatable():
    """The reading on which solvable markets hang: b would only gain the seat that a leaves."""
    document = {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [{"id": "a"}, {"id": "b"}],
        "posts": [
            {"id": "p", "capacity": 1, "order": ["b", "a"]},
            {"id": "q", "capacity": 1, "order": ["a"]},
        ],
        "couples": [{"id": "c", "members": ["a", "b"], "choices": [["q", "p"], ["p", None]]}],
    }
    question = parse_question(document)
    claimed = {"format": "cauce-answer/1", "question": question.digest, "status": "certified"}
    kept = Allocation.from_document(question, {**claimed, "places": {"a": "p", "b": None}})
    assert all(check.holds for check in certify(question, kept))
    said = explain(question, kept, "a").sentences("es")[1]
    assert "ni como libre ni como superable" in said


@examples(60)
@given(couple_documents(), st.randoms(use_true_random=False))
def test_the_order_of_writing_changes_no_byte(document, chance):
    shuffled = json.loads(json.dumps(document))
    for name in ("applicants", "posts", "couples"):
        chance.shuffle(shuffled[name])
    assert allocate(parse_question(shuffled)).to_bytes() == allocate(parse_question(document)).to_bytes()


@pytest.mark.slow
def test_compiled_and_uncompiled_loops_give_the_same_bytes(tmp_path):
    hard = {**IMPOSSIBLE, "options": {"couples_definition": "MM"}}
    small = {**TOLD, "lottery": {"seed": "1"}}
    for number, document in enumerate((IMPOSSIBLE, hard, small)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        done = subprocess.run(
            [sys.executable, "-m", "cauce_engine", "solve", str(path)],
            env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
            capture_output=True,
        )
        assert done.stdout == allocate(parse_question(document)).to_bytes()


@pytest.mark.parametrize(
    "extra",
    [
        {"regions": [{"id": "n", "cap": 1}]},
        {"classes": [{"group": "g", "seats": 1}, {"group": None, "seats": 0}]},
    ],
)
def test_couples_beside_classes_or_regions_are_refused_with_a_sentence(extra):
    document = json.loads(json.dumps(IMPOSSIBLE))
    if "classes" in extra:
        document["posts"][0] |= extra
    else:
        document |= extra
        document["posts"][0]["region"] = "n"
    with pytest.raises(
        Unsupported, match="couples: are answered by the mechanism stable, without classes or"
    ):
        allocate(parse_question(document))


def test_the_command_tells_that_no_answer_exists(tmp_path, capfdbinary):
    path, out = tmp_path / "question.json", tmp_path / "answer.json"
    path.write_text(json.dumps(IMPOSSIBLE))
    assert command.main(["solve", str(path), "--out", str(out)]) == 3
    assert command.main(["verify", str(path), str(out)]) == 0
    assert command.main(["explain", str(path), str(out), "--applicant", "s"]) == 2
    assert b"Traceback" not in capfdbinary.readouterr().err


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_market_of_thousands_with_couples_is_certified(seed):
    answer = allocate(couple_market(3000, 90, seed=seed))
    assert answer.status == "certified"
    assert {check.name for check in answer.checks} >= {"A1", "A2", "A3", "A4", "A9"}
