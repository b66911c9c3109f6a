"""The one order of merit of a question: elements compared in sequence, then the lottery, then identifier."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from cauce_engine.scale import compiled_pays

LONGEST = 55
"""Bytes of the longest identifier that fits one block of SHA-256."""

_KNOWN: WeakKeyDictionary[Question, dict[bool, Ordering]] = WeakKeyDictionary()
"""Orderings of questions in use: a question never changes, and solving and explaining both need its order."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    key = merit_key(question) if merit else np.zeros(size, np.int64)
    order, ranked = _sorted(key)
    if question.lottery is not None and size:
        _settle(question, question.lottery, ranked, order)
    place = np.empty(size, np.int32)
    place[order] = np.arange(1, size + 1, dtype=np.int32)
    return Ordering(order, place)


def merit_key(question: Question) -> NDArray[np.int64]:
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
        key = key * levels + (levels - 1 - column.levels)[column.codes]
        width *= levels
    return key


def _sorted(key: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The indices by key, equal keys by index, and the keys in that order."""
    bits = len(key).bit_length()
    if int(key.max(initial=0)) < 2 ** (63 - bits):
        # Key and index in one number: plain sorting of numbers is many times faster than sorting indices.
        ranked = (key << bits) | np.arange(len(key))
        ranked.sort()
        return (ranked & ((1 << bits) - 1)).astype(np.int32), ranked >> bits
    order = np.argsort(key, kind="stable").astype(np.int32)
    return order, key[order]


def _settle(
    question: Question, lottery: Lottery, ranked: NDArray[np.int64], order: NDArray[np.int32]
) -> None:
    """Put every run of equal keys in the order of its tickets, in place."""
    same = np.zeros(len(order) + 1, np.bool_)
    same[1:-1] = ranked[1:] == ranked[:-1]
    tied = np.flatnonzero(same[1:] | same[:-1])
    if not len(tied):
        return
    people = order[tied]
    run = np.cumsum(~same[tied], dtype=np.int64)
    resolved = by_ticket(run, first_words(question.applicants, lottery.key, people))
    if resolved is None:
        drawn = _tickets(lottery.key, map(question.applicants.__getitem__, people.tolist()), len(people))
        resolved = np.lexsort((people, *drawn.T[::-1], run))
    order[tied] = people[resolved]


def by_ticket(run: NDArray[np.int64], drawn: NDArray[np.uint64]) -> NDArray[np.int64] | None:
    """The sequence by run, then ticket; None where two of one run cannot be told apart by what fits in 64 bits."""
    bits = np.uint64(int(run[-1]).bit_length())
    value = (run.astype(np.uint64) << (np.uint64(64) - bits)) | (drawn >> bits)
    order = np.argsort(value)
    ranked = value[order]
    return None if np.any(ranked[1:] == ranked[:-1]) else order


def first_words(applicants: tuple[str, ...], key: bytes, people: NDArray[np.int32]) -> NDArray[np.uint64]:
    """The first 64 bits of the ticket of each of these people."""
    names = map(applicants.__getitem__, people.tolist())
    if compiled_pays(len(people), least=20_000):
        text, start = bytes_of(applicants)
        if int(np.diff(start).max()) <= LONGEST:
            return tickets_at_once(key, text, start, people)
    return _tickets(key, names, len(people))[:, 0]


def bytes_of(identifiers: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Identifiers in UTF-8 one after another, and where each begins."""
    text = "".join(identifiers).encode("utf-8")
    start = np.zeros(len(identifiers) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, identifiers), np.int64, len(identifiers)), out=start[1:])
    if int(start[-1]) != len(text):
        np.cumsum([len(identifier.encode("utf-8")) for identifier in identifiers], out=start[1:])
    return np.frombuffer(text or b"\0", np.uint8), start


def _tickets(key: bytes, identifiers: Iterable[str], count: int) -> NDArray[np.uint64]:
    """Tickets as rows of four 64-bit words, most significant first."""
    drawn = b"".join([hmac.digest(key, name.encode("utf-8"), "sha256") for name in identifiers])
    return np.frombuffer(drawn, dtype=">u8").astype(np.uint64).reshape(count, 4)


def tickets_at_once(
    key: bytes, text: NDArray[np.uint8], start: NDArray[np.int64], people: NDArray[np.int32]
) -> NDArray[np.uint64]:
    """The first 64 bits of tickets, compiled, for identifiers of at most `LONGEST` bytes."""
    from cauce_engine._kernels import tickets  # noqa: PLC0415 - only large calls compile

    padded = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    drawn = np.empty(len(people), np.uint64)
    with np.errstate(over="ignore"):  # sums of 32 bits that run over, which the digest wants, also uncompiled
        inner, outer = (tickets.key_state(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
        tickets.tickets(text, start, people, inner, outer, tickets.ROUND, drawn)
    return drawn
