"""Who comes before whom, worked out by the certifier alone: from merit, lottery and identifier."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from cauce_engine.scale import compiled_pays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cauce_engine.lottery import Lottery
    from cauce_engine.problems import Merit, Question

LONGEST = 55
"""Bytes of the longest identifier that fits one block of SHA-256 together with its padding."""


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
    padded = [bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C)]
    names = [question.applicants[person] for person in people.tolist()]
    # Drawing one takes about as long as a dozen steps of plain Python.
    if compiled_pays(12 * len(names)):
        text = "".join(names).encode("utf-8")
        size = np.fromiter(map(len, names), np.int64, len(names))
        if size.sum() != len(text):
            size = np.fromiter((len(name.encode("utf-8")) for name in names), np.int64, len(names))
        if size.max() <= LONGEST:
            return at_once(padded, np.frombuffer(text, np.uint8), np.cumsum(size))
    inner, outer = (hashlib.sha256(block).copy for block in padded)
    drawn = []
    for name in names:
        within, around = inner(), outer()
        within.update(name.encode("utf-8"))
        around.update(within.digest())
        drawn.append(around.digest())
    return np.frombuffer(b"".join(drawn), ">u8").astype(np.uint64).reshape(len(names), 4)


def at_once(padded: list[bytes], text: NDArray[np.uint8], end: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The same in compiled loops; identifiers of at most `LONGEST` bytes, one after another, and their ends."""
    from cauce_engine.certify import lottery_loops as loops  # noqa: PLC0415 - only many tickets are drawn compiled

    keyed = []
    for block in padded:
        state = np.repeat(loops.BEGIN, 16)
        loops.digest_block(state, np.repeat(np.frombuffer(block, ">u4").astype(np.uint32), 16), loops.ROUNDS)
        keyed.append(state)
    drawn = np.empty((len(end), 4), np.uint64)
    loops.keyed_digests(text, end, *keyed, loops.ROUNDS, drawn)
    return drawn


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
    value: Any = np.int64(0)
    room = 2**62
    for element in question.merit:
        worth = element.levels.max(initial=0) - element.levels
        steps = int(worth.max(initial=0)) + 1
        if steps > room:
            # What has been compared so far is renumbered without gaps to make room for the next element.
            known, value = np.unique(value, return_inverse=True)
            room = 2**62 // len(known)
        room //= steps
        value = worth[element.codes] + value * steps
    return np.zeros(len(question.applicants), np.int64) if value.ndim == 0 else value
