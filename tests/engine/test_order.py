"""The order of merit: drawn tickets are HMAC-SHA256 however they are computed, and ties are settled exactly."""

from __future__ import annotations

import hmac
from importlib import import_module

import numpy as np
import pytest

from cauce_engine import Lottery, Question, order, ordering
from cauce_engine.certify import order as certify_order
from cauce_engine.certify import ranks

KEYS = [b"k", b"x" * 64, "ñ".encode() * 60]
NAMES = ("a", "b" * 54, "c" * 55, "ñ" * 27, "日本", "d e\n", *(f"F-{n:08d}" for n in range(40)))


@pytest.mark.parametrize("key", KEYS)
def test_tickets_drawn_at_once_are_those_drawn_one_by_one(key):
    text, start = order.bytes_of(NAMES)
    people = np.arange(len(NAMES), dtype=np.int32)[::-1].copy()
    drawn = order.tickets_at_once(key, text, start, people)
    assert drawn.tolist() == [
        int.from_bytes(hmac.digest(key, NAMES[person].encode(), "sha256")[:8], "big") for person in people
    ]


@pytest.mark.parametrize("longest", [55, 56])
@pytest.mark.parametrize("key", KEYS)
def test_the_certifier_draws_the_same_tickets_however_many_at_once(key, longest):
    import_module("numba")  # once it is there, many tickets are drawn in its loops
    names = [*NAMES, "z" * longest, *(f"G-{n}" for n in range(5_000))]
    question = Question.from_columns(
        applicants=names,
        choice_counts=np.zeros(len(names), np.int64),
        choices=np.zeros(0, np.int32),
        posts=["p"],
        capacities=[1],
    )
    for people in (np.arange(len(names)), np.array([7, 3])):
        drawn = certify_order.tickets(question, Lottery(key.decode()), people)
        assert drawn.astype(">u8").tobytes() == b"".join(
            hmac.digest(key, question.applicants[person].encode(), "sha256") for person in people
        )


def test_runs_are_put_in_the_sequence_of_their_tickets():
    run, drawn = np.array([1, 1, 1, 2, 2]), np.array([3, 1, 2, 5, 4], np.uint64) << np.uint64(60)
    assert order.by_ticket(run, drawn).tolist() == [1, 2, 0, 4, 3]


def test_tickets_that_agree_in_their_first_bits_are_not_told_apart_by_them():
    run, drawn = np.array([1, 2, 2]), np.array([9, 8, 8], np.uint64)
    assert order.by_ticket(run, drawn) is None


@pytest.mark.parametrize("elements", [0, 1, 4])
def test_solver_and_certifier_agree_on_a_large_order(elements):
    size = 25_000
    chance = np.random.default_rng(5)
    question = Question.from_columns(
        applicants=[f"F-{n:06d}" for n in range(size)],
        choice_counts=np.zeros(size, np.int64),
        choices=np.zeros(0, np.int32),
        posts=["p"],
        capacities=[1],
        merit=[chance.integers(0, 3, size) for _ in range(elements)],
        lottery=Lottery("seed", beacon="4417"),
    )
    assert (ordering(question).place == ranks(question, question.merit) + 1).all()


def test_elements_that_do_not_fit_in_one_number_together():
    size = 3000
    chance = np.random.default_rng(7)
    columns = [np.sort(chance.integers(0, 2**40, size)) // 7 * 7 for _ in range(8)]
    columns[:0] = [np.zeros(size, np.int64)]
    question = Question.from_columns(
        applicants=[f"F-{n:06d}" for n in range(size)],
        choice_counts=np.zeros(size, np.int64),
        choices=np.zeros(0, np.int32),
        posts=["p"],
        capacities=[1],
        merit=[chance.permutation(column) for column in columns],
    )
    assert (ordering(question).place == ranks(question, question.merit) + 1).all()
