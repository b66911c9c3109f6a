"""The one question that is left to HiGHS: is there a weakly stable answer that places so many people?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cauce_engine.programmes import Programme

if TYPE_CHECKING:
    from cauce_engine.largest import Market, Places


def weakly_stable_with(market: Market, size: int, *, nodes: int) -> tuple[bool, Places | None]:
    """(Decided, a weakly stable answer with at least ``size`` people placed, or None where none exists).

    Columns: one for each wish, and one for each level of each post, "full with people of this level or
    better". A wish may be granted only while no better level is full; whoever gets nothing as good finds
    the post full at their level.
    """
    from cauce_engine.largest import weakly_stable  # noqa: PLC0415 - largest imports this module

    rows = Programme()
    wish = {(person, post): rows.column() for person, wishes in market.lists.items() for post in wishes}
    full: dict[tuple[int, int], int] = {}
    for post, level in market.level.items():
        reached: dict[int, float] = {}
        before = -1
        for step in sorted(set(level.values())):
            full[post, step] = rows.column()
            for person in sorted(p for p, mine in level.items() if mine == step):
                if before >= 0:
                    rows.row(-np.inf, 1, {wish[person, post]: 1, before: 1})
                reached[wish[person, post]] = 1
            rows.row(0, np.inf, {**reached, full[post, step]: -market.seats[post]})
            if before >= 0:
                rows.row(0, np.inf, {full[post, step]: 1, before: -1})
            before = full[post, step]
        rows.row(-np.inf, market.seats[post], dict(reached))
    for person, wishes in market.lists.items():
        better: dict[int, float] = {}
        for post in wishes:
            better[wish[person, post]] = 1
            rows.row(1, np.inf, {**better, full[post, market.level[post][person]]: 1})
        rows.row(-np.inf, 1, better)
    rows.row(size, np.inf, dict.fromkeys(wish.values(), 1.0))
    decided, values = rows.solution(nodes)
    if values is None:
        return decided, None
    places = {person: post for (person, post), column in wish.items() if values[column]}
    return (True, places) if weakly_stable(market, places) and len(places) >= size else (False, None)
