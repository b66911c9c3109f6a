"""The only door of this app to the engine: lists to places, certified. No rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

import cauce_engine as engine
from cauce.indicators.rules.draws import Ints
from cauce.indicators.rules.drive import Drive
from cauce.indicators.rules.replay import document_of, plan, replay_point

ENGINE_VERSION = engine.__version__
# The replay's lottery is public on purpose: it decides nothing for anybody. Merit has no ties here.
SEED = "cauce-replay-2022"


def replay(drive: Drive, told: Callable[[int, int], None], points: int | None = None) -> tuple[bytes, int]:
    """Play every point of the plan, or only the first ``points``; return the results' bytes and processor seconds.

    ``told`` hears how many points are done, of how many. Raises the engine's
    ``Uncertified`` when an answer is not certified.
    """
    started = time.process_time()
    wanted = plan(drive)[:points]
    found: list[dict[str, Any]] = []
    told(0, len(wanted))
    for point in wanted:
        found.append(replay_point(drive, point, place))
        told(len(found), len(wanted))
    return document_of(found), round(time.process_time() - started)


def place(doctors: Ints, lists: list[list[int]], merit: Ints, worth: list[Ints] | None) -> Ints:
    """Return the post of each list, or -1, as a certified answer of the engine; every post has one seat.

    ``lists`` are of post indices, best first. Without ``worth`` one order of
    ``merit`` decides, higher first; with it, parallel to the lists, each post
    takes whom it values most, the lower index first where it values two alike.
    Raises the engine's ``Uncertified`` when its certifier refuses the answer.
    """
    question = _by_merit(doctors, lists, merit) if worth is None else _by_own_orders(doctors, lists, worth)
    answer = engine.allocate(question)
    posts = np.array([int(key) for key in question.posts], np.int64)
    at = answer.post.astype(np.int64)
    found = np.where(at >= 0, posts[at], -1)
    by_key = dict(zip(question.applicants, found.tolist(), strict=True))
    return np.array([by_key[_key(doctor)] for doctor in doctors], np.int64)


def _key(number: int) -> str:
    return f"{number:05d}"


def _by_merit(doctors: Ints, lists: list[list[int]], merit: Ints) -> engine.Question:
    flat = np.fromiter(chain.from_iterable(lists), np.int64)
    posts, index = np.unique(flat, return_inverse=True)
    return engine.Question.from_columns(
        applicants=[_key(doctor) for doctor in doctors],
        choice_counts=[len(wishes) for wishes in lists],
        choices=index,
        posts=[_key(post) for post in posts],
        capacities=np.ones(len(posts), np.int64),
        merit=[merit],
        lottery=engine.Lottery(seed=SEED),
    )


def _by_own_orders(doctors: Ints, lists: list[list[int]], worth: list[Ints]) -> engine.Question:
    people = np.repeat(doctors, [len(wishes) for wishes in lists])
    posts = np.fromiter(chain.from_iterable(lists), np.int64)
    sorting = np.lexsort((people, -np.concatenate(worth), posts))
    orders: dict[int, list[str]] = {}
    for post, person in zip(posts[sorting].tolist(), people[sorting].tolist(), strict=True):
        orders.setdefault(post, []).append(_key(person))
    return engine.parse_question(
        {
            "format": "cauce-question/1",
            "mechanism": "stable",
            "applicants": [
                {"id": _key(doctor), "choices": [_key(post) for post in wishes]}
                for doctor, wishes in zip(doctors, lists, strict=True)
            ],
            "posts": [{"id": _key(post), "capacity": 1, "order": order} for post, order in orders.items()],
        }
    )
