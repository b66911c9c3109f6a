"""The one order of merit of a question: elements compared in sequence, then the lottery, then identifier."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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


def ordering(question: Question) -> Ordering:
    """Put all applicants in order of merit: higher elements first, then smaller ticket, then identifier.

    Tickets are drawn only for those whom merit leaves tied; the others' could not change anything.
    """
    size = len(question.applicants)
    key = _packed(question)
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
    digest = hmac.digest
    drawn = b"".join([digest(key, identifier.encode("utf-8"), "sha256") for identifier in identifiers])
    return np.frombuffer(drawn, dtype=">u8").astype(np.uint64).reshape(count, 4)
