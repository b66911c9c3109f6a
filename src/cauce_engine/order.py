"""The one order of merit of a question: elements compared in sequence, then the lottery, then identifier."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from cauce_engine.scale import compiled_pays

_KNOWN: WeakKeyDictionary[Question, dict[bool, Ordering]] = WeakKeyDictionary()
"""Orderings of questions in use: a question never changes, and solving and explaining both need its order."""

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cauce_engine.lottery import Lottery
    from cauce_engine.problems import Question


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
    """Who comes before whom.

    ``order``: applicant indices, best first (int32). ``place``: place of each applicant in it, from 1.
    """

    order: NDArray[np.int32]
    place: NDArray[np.int32]


def ordering(question: Question, *, merit: bool = True) -> Ordering:
    """Put all applicants in order of merit: higher elements first, then smaller ticket, then identifier.

    Without ``merit``, by ticket and identifier alone: the chain that settles a tie in a post's own order.

    Tickets are drawn only for those whom merit leaves tied; the others' could not change anything.
    """
    known = _KNOWN.setdefault(question, {})
    if merit not in known:
        known[merit] = _ordered(question, merit)
    return known[merit]


def _ordered(question: Question, merit: bool) -> Ordering:
    size = len(question.applicants)
    key = _packed(question) if merit else np.zeros(size, np.int64)
    order = np.argsort(key, kind="stable").astype(np.int32)
    if question.lottery is not None and size:
        _settle(question.applicants, question.lottery, key, order)
    place = np.empty(size, np.int32)
    place[order] = np.arange(1, size + 1, dtype=np.int32)
    return Ordering(order, place)


def _packed(question: Question) -> NDArray[np.int64]:
    """One number per applicant, smaller is better, equal exactly where every merit element is equal."""
    size = len(question.applicants)
    key = np.zeros(size, np.int64)
    width = 1
    for column in question.merit:
        levels = int(column.levels.max(initial=0)) + 1
        if width * levels >= 2**62:
            # Renumber what has been compared so far, so that the next element fits beside it.
            distinct, key = np.unique(key, return_inverse=True)
            width = len(distinct)
        key = key * levels + (levels - 1 - column.levels[column.codes])
        width *= levels
    return key


def _settle(
    applicants: tuple[str, ...], lottery: Lottery, key: NDArray[np.int64], order: NDArray[np.int32]
) -> None:
    """Put every run of equal keys in the order of its tickets, in place."""
    ranked = key[order]
    same = np.zeros(len(order) + 1, np.bool_)
    same[1:-1] = ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(same[1:] | same[:-1])
    if not len(tied):
        return
    people = order[tied]
    words = _tickets(lottery.key, map(applicants.__getitem__, people.tolist()), len(people))
    group = ranked[tied]
    resolved = np.lexsort((words[:, 0], group))
    first, run = words[resolved, 0], group[resolved]
    if np.any((first[1:] == first[:-1]) & (run[1:] == run[:-1])):
        resolved = np.lexsort((people, words[:, 3], words[:, 2], words[:, 1], words[:, 0], group))
    order[tied] = people[resolved]


def _tickets(key: bytes, identifiers: Iterable[str], count: int) -> NDArray[np.uint64]:
    """Tickets as rows of four 64-bit words, most significant first."""
    messages = [identifier.encode("utf-8") for identifier in identifiers]
    if compiled_pays(count, least=20_000) and max(map(len, messages)) <= 55:
        return tickets_at_once(key, messages)
    digest = hmac.digest
    drawn = b"".join([digest(key, message, "sha256") for message in messages])
    return np.frombuffer(drawn, dtype=">u8").astype(np.uint64).reshape(count, 4)


def tickets_at_once(key: bytes, messages: list[bytes]) -> NDArray[np.uint64]:
    """The same, compiled, for messages of at most 55 bytes."""
    from cauce_engine._kernels import tickets  # noqa: PLC0415 - only large calls compile

    padded = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner, outer = (
        tickets.key_state(
            np.frombuffer(bytes(byte ^ pad for byte in padded), np.uint8), tickets.FIRST, tickets.ROUND
        )
        for pad in (0x36, 0x5C)
    )
    start = np.zeros(len(messages) + 1, np.int64)
    np.cumsum(list(map(len, messages)), out=start[1:])
    text = np.frombuffer(b"".join(messages) or b"\0", np.uint8)
    words = tickets.tickets(text, start, inner, outer, tickets.ROUND).astype(np.uint64)
    drawn: NDArray[np.uint64] = (words[:, ::2] << np.uint64(32)) | words[:, 1::2]
    return drawn
