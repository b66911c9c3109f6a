"""Large random questions, for measuring: popularity, list lengths and capacities as in national calls.

N applicants; N/20 posts; seats for 0.9 N, gamma-distributed; lists of 10 to 20 or of one length; popularity
of the k-th post proportional to 1 / (k + 10) ** 0.8. Deterministic by seed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cauce_engine import Question
from cauce_engine.problems import Couple, Orders, PostTerms, Region, SeatClass


def lists(
    people: int, *, seed: int, length: int | None = None, posts: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``counts``, ``choices`` (post indices without repetition inside a list) and ``capacities``."""
    chance = np.random.default_rng(seed)
    posts = posts or max(40, people // 20)
    longest = length or 20
    assert posts >= longest, "a list names no post twice"
    counts = np.full(people, length) if length else chance.integers(10, 21, people)
    weight = 1 / (np.arange(posts) + 10) ** 0.8
    bounds = np.cumsum(weight / weight.sum())
    drawn = np.minimum(np.searchsorted(bounds, chance.random((people, longest))), posts - 1).astype(np.int32)
    while True:
        ranked = np.sort(drawn, axis=1)
        rows = np.flatnonzero((ranked[:, 1:] == ranked[:, :-1]).any(axis=1))
        if not len(rows):
            break
        block = drawn[rows]
        order = np.argsort(block, axis=1, kind="stable")
        ordered = np.take_along_axis(block, order, axis=1)
        again = np.zeros(block.shape, bool)
        repeated = np.zeros(block.shape, bool)
        repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
        np.put_along_axis(again, order, repeated, axis=1)
        block[again] = np.minimum(np.searchsorted(bounds, chance.random(int(again.sum()))), posts - 1)
        drawn[rows] = block
    choices = drawn[np.arange(longest) < counts[:, None]]
    shape = chance.gamma(2.0, size=posts)
    capacities = np.maximum(1, np.round(shape / shape.sum() * 0.9 * people)).astype(np.int64)
    return counts.astype(np.int64), choices, capacities


def merit_market(people: int, *, seed: int = 1, length: int | None = None, **more: object) -> Question:
    """A question of one order: scores to one decimal, ties by identifier unless a lottery is given."""
    counts, choices, capacities = lists(people, seed=seed, length=length)
    scores = np.round(np.random.default_rng(seed + 1).normal(600, 120, people)).astype(np.int64)
    return Question.from_columns(
        applicants=[f"F-{n:08d}" for n in range(people)],
        choice_counts=counts,
        choices=choices,
        posts=[f"P-{n:06d}" for n in range(len(capacities))],
        capacities=capacities,
        merit=[scores],
        **more,
    )


def own_orders(question: Question, *, kind: str, seed: int = 3) -> Question:
    """The same lists with an order at each post: "mixed" (score plus noise) or "independent" (random)."""
    chance = np.random.default_rng(seed)
    owner = np.repeat(np.arange(len(question.applicants), dtype=np.int32), np.diff(question.choice_start))
    key = chance.normal(0, 60, len(owner))
    if kind == "mixed":
        merit = question.merit[0]
        key -= np.array(merit.texts, float)[merit.codes[owner]]
    entries = np.lexsort((key, question.choices))
    start = np.zeros(len(question.posts) + 1, np.int64)
    np.cumsum(np.bincount(question.choices, minlength=len(question.posts)), out=start[1:])
    level = np.arange(len(owner)) - np.repeat(start[:-1], np.diff(start))
    orders = Orders(
        start,
        owner[entries],
        level.astype(np.int32),
        np.ones(len(question.posts), bool),
        np.zeros(len(owner), bool),
    )
    return replace(question, mechanism="stable", orders=orders)


def couple_market(people: int, couples: int, *, seed: int = 1, pairs: int = 60) -> Question:
    """Own orders at N/7 posts with 0.92 N seats, lists of 8 to 16; couples rank pairs of their members' lists
    by the sum of ranks, with a bonus for two posts of one state.
    """
    chance = np.random.default_rng(seed)
    posts = people // 7
    weight = 1 / (np.arange(posts) + 10) ** 0.8
    bounds = np.cumsum(weight / weight.sum())
    state = chance.integers(0, 32, posts)
    rows = []
    for length in chance.integers(8, 17, people):
        drawn = np.minimum(np.searchsorted(bounds, chance.random(3 * length)), posts - 1)
        rows.append(list(dict.fromkeys(drawn.tolist()))[:length])
    shape = chance.gamma(2.0, size=posts)
    names = [f"P-{n:07d}" for n in range(posts)]
    ids = [f"F-{n:08d}" for n in range(people)]
    joint = []
    for c in range(couples):
        a, b = 2 * c, 2 * c + 1
        scored = sorted(
            (i + j - 6 * (state[p] == state[q]), i, j, p, q)
            for i, p in enumerate(rows[a])
            for j, q in enumerate(rows[b])
        )
        joint.append(
            Couple(f"C-{c:07d}", (a, b), np.array([[p, q] for *_, p, q in scored[:pairs]], np.int32))
        )
    owner = np.repeat(np.arange(people, dtype=np.int32), list(map(len, rows)))
    flat = np.array([post for row in rows for post in row], np.int32)
    score = chance.normal(0, 1, people)
    entries = np.lexsort((chance.normal(0, 0.5, len(owner)) - score[owner], flat))
    start = np.zeros(posts + 1, np.int64)
    np.cumsum(np.bincount(flat, minlength=posts), out=start[1:])
    level = (np.arange(len(owner)) - np.repeat(start[:-1], np.diff(start))).astype(np.int32)
    given, inner = np.ones(posts, bool), np.zeros(len(owner), bool)
    single = owner >= 2 * couples
    counts = np.array([0 if i < 2 * couples else len(row) for i, row in enumerate(rows)])
    question = Question.from_columns(
        mechanism="stable",
        applicants=ids,
        choice_counts=counts,
        choices=flat[single],
        posts=names,
        capacities=np.maximum(1, np.round(shape / shape.sum() * 0.92 * people)).astype(np.int64),
    )
    return replace(question, orders=Orders(start, owner[entries], level, given, inner), couples=tuple(joint))


def class_market(people: int, *, posts: int, regions: int = 32, seed: int = 1) -> Question:
    """Lists of 10 to 20; every post keeps seats for two of three groups, each with its reversion, and its region
    has room for 0.95 of the seats; targets of 0.8. Groups hold 12, 5 and 2 of a hundred people.
    """
    chance = np.random.default_rng(seed)
    counts, choices, capacities = lists(people, seed=seed, posts=posts)
    scores = np.round(chance.normal(600, 120, people)).astype(np.int64)
    drawn = chance.random(people)
    names = ("own", "foreign", "military")
    member = np.searchsorted([0.12, 0.17, 0.19], drawn, side="right")
    terms, room = {}, np.zeros(regions, np.int64)
    for post, capacity in enumerate(capacities.tolist()):
        kept = [names[at] for at in (post % 3, (post + 1) % 3)]
        first, second = capacity // 6, capacity // 8
        classes = (
            SeatClass(kept[0], first, "open"),
            SeatClass(kept[1], second, kept[0]),
            SeatClass(None, capacity - first - second),
        )
        region = post % regions
        room[region] += capacity
        terms[post] = PostTerms(classes, f"R-{region:02d}", capacity * 4 // 5)
    question = Question.from_columns(
        applicants=[f"F-{n:08d}" for n in range(people)],
        choice_counts=counts,
        choices=choices,
        posts=[f"P-{n:06d}" for n in range(len(capacities))],
        capacities=capacities,
        merit=[scores],
        groups={person: (names[group],) for person, group in enumerate(member.tolist()) if group < 3},
    )
    caps = tuple(Region(f"R-{at:02d}", int(seats * 0.95)) for at, seats in enumerate(room.tolist()))
    return replace(question, terms=terms, regions=caps)
