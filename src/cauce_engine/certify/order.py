"""Who comes before whom, worked out by the certifier alone: from merit, lottery and identifier."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cauce_engine.lottery import Lottery
    from cauce_engine.problems import Merit, Question


def ranks(question: Question, merit: tuple[Merit, ...]) -> NDArray[np.int32]:
    """Place of every person from 0, by these merit elements, then lottery, then identifier."""
    size = len(question.applicants)
    elements = [-element.levels[element.codes] for element in merit]
    order = np.lexsort((np.arange(size), *reversed(elements)))
    if question.lottery is not None and size:
        tied = np.ones(size, np.bool_)
        if elements:
            same = np.ones(size - 1, np.bool_)
            for element in elements:
                ranked = element[order]
                same &= ranked[1:] == ranked[:-1]
            tied[:] = False
            tied[order[1:][same]] = True
            tied[order[:-1][same]] = True
        drawn = np.zeros((size, 4), np.uint64)
        chosen = np.flatnonzero(tied)
        drawn[chosen] = tickets(question, question.lottery, chosen)
        order = np.lexsort((drawn[:, 0], *reversed(elements)))
        first = drawn[order, 0]
        if np.any((first[1:] == first[:-1]) & tied[order[1:]]):
            order = np.lexsort((np.arange(size), *drawn.T[::-1], *reversed(elements)))
    rank = np.empty(size, np.int32)
    rank[order] = np.arange(size, dtype=np.int32)
    return rank


def tickets(question: Question, lottery: Lottery, people: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The ticket of each of these people as four words, most significant first.

    HMAC-SHA256 (RFC 2104) from its definition: the key is the same for all, so its two blocks are digested once.
    """
    key = (lottery.seed + (lottery.beacon or "")).encode("utf-8")
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in block])).copy
    outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in block])).copy
    names = question.applicants
    drawn = []
    for person in people.tolist():
        within, around = inner(), outer()
        within.update(names[person].encode("utf-8"))
        around.update(within.digest())
        drawn.append(around.digest())
    return np.frombuffer(b"".join(drawn), ">u8").astype(np.uint64).reshape(len(people), 4)


def chances(question: Question, people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Who of these people (indices, each once, ascending) comes first where merit leaves them equal: a rank."""
    rank = np.empty(len(people), np.int64)
    if question.lottery is None:
        return np.arange(len(people))
    drawn = tickets(question, question.lottery, people)
    order = np.argsort(drawn[:, 0], kind="stable")
    first = drawn[order, 0]
    if np.any(first[1:] == first[:-1]):
        order = np.lexsort((people, *drawn.T[::-1]))
    rank[order] = np.arange(len(people))
    return rank


def standing(question: Question) -> NDArray[np.int64]:
    """One number for each person, smaller is better, equal exactly where all merit elements are equal."""
    value = np.zeros(len(question.applicants), np.int64)
    room = 2**62
    for element in question.merit:
        worth = element.levels.max(initial=0) - element.levels
        steps = int(worth.max(initial=0)) + 1
        if steps > room:
            # What has been compared so far is renumbered without gaps to make room for the next element.
            known, value = np.unique(value, return_inverse=True)
            room = 2**62 // len(known)
        room //= steps
        value = value * steps + worth[element.codes]
    return value
