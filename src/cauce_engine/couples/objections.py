"""Counting who would object to an outcome: how the solver chooses among outcomes that are not stable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cauce_engine.couples import Market


def objections(
    market: Market, post: NDArray[np.int32], capacity: NDArray[np.int64] | None = None
) -> list[dict[str, Any]]:
    """Everybody who would object to these posts, by the definition of the question; those of couples first.

    In ``post`` couples hold a pair of their list or nothing, and no post has more holders than ``capacity``
    (that of the market unless given). An entry names a couple with a pair, or a single person with a post.
    """
    from cauce_engine._kernels import couples as loops  # noqa: PLC0415 - the compiler loads only to solve

    question, start = market.question, market.joint.start
    seats = market.capacity if capacity is None else capacity
    pairs, wishes = loops.objecting((*market.arrays[:6], seats, *market.arrays[7:]), post, market.loose)
    found: list[dict[str, Any]] = []
    for k in np.flatnonzero(pairs).tolist():
        couple = question.couples[int(np.searchsorted(start, k, side="right")) - 1]
        pair = [None if p < 0 else question.posts[p] for p in market.joint.pairs[k].tolist()]
        found.append({"couple": couple.id, "pair": pair})
    for wish in np.flatnonzero(wishes).tolist():
        person, at = market.ranked.owner[wish], market.joint.whole.choices[wish]
        found.append({"applicant": question.applicants[person], "post": question.posts[at]})
    return found
