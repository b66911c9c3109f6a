"""A published answer as its posts see it, while a correction is worked into it.

Nothing is computed for the whole market: what a post or a person needs is looked up when a chain reaches them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cauce_engine.after.corrections import Correction, settled_order
from cauce_engine.after.wanting import wanting
from cauce_engine.order import ordering

Key = tuple[int, int, int]
NOBODY = -1


class Standing:
    """Who holds what (``post`` by person, -1 for nothing; ``free`` seats and ``published`` holders by post), under the
    corrected order.

    ``looked_at``: people whose lists were consulted. People named by the correction are ``named``; everybody
    else keeps list and rank, and appears in `unmoved`.
    """

    def __init__(self, correction: Correction) -> None:
        self.correction = correction
        self.base = correction.base
        self.post: NDArray[np.int32] = correction.before.copy()
        held = np.bincount(self.post + 1, minlength=len(self.base.posts) + 1)[1:]
        self.published: NDArray[np.int64] = held
        self.free: NDArray[np.int64] = self.base.capacity - held
        self.named = frozenset(correction.named)
        self.looked_at: set[int] = set()
        self._lists: dict[int, dict[int, int]] = {}
        self._unmoved: dict[int, NDArray[np.int32]] = {}
        self._entries: dict[int, dict[int, int]] = {}

    def own(self, post: int) -> bool:
        """Whether the post has an order of its own."""
        return self.base.orders is not None and bool(self.base.orders.given[post])

    def wishes(self, person: int) -> dict[int, int]:
        """The person's corrected list: the position of each post, best first."""
        known = self._lists.get(person)
        if known is None:
            known = {post: at for at, post in enumerate(self.correction.list_of(person).tolist())}
            self._lists[person] = known
            self.looked_at.add(person)
        return known

    def prefers(self, person: int, post: int) -> bool:
        """Whether the person would rather hold this post than what they hold now."""
        wishes, held = self.wishes(person), int(self.post[person])
        at = wishes.get(post)
        # Who holds a post that is no longer on the corrected list would rather have any that is.
        return at is not None and (held == NOBODY or at < wishes.get(held, len(wishes)))

    def key(self, person: int, post: int) -> Key | None:
        """Where the person stands at a post, smaller is better; None where the post does not list them."""
        own = self.own(post)
        moved = self.correction.gaps.get(post if own else None, {}).get(person)
        if moved is not None:
            return (moved[0], 0, moved[1])
        if not own:
            return (int(ordering(self.base).place[person]), 1, 0)
        place = self._places_at(post).get(person)
        return None if place is None else (place, 1, 0)

    def _places_at(self, post: int) -> dict[int, int]:
        if post not in self._entries:
            entries = settled_order(self.base, post)
            self._entries[post] = {person: place for place, person in enumerate(entries, start=1)}
        return self._entries[post]

    def unmoved(self, post: int) -> NDArray[np.int32]:
        """The people whom no event names and who may want the post, best first."""
        known = self._unmoved.get(post)
        if known is None:
            if self.own(post):
                known = np.array(list(self._places_at(post)), np.int32)
            else:
                people = wanting(self.base).at(post)
                known = people[np.argsort(ordering(self.base).place[people])]
            if self.named:
                known = known[~np.isin(known, np.fromiter(self.named, np.int32, len(self.named)))]
            self._unmoved[post] = known
        return known

    def content(self, post: int) -> int:
        """How many of the best of `unmoved` would not rather have the post than what was published for them.

        The published answer has no envy and no waste: these are all down to its last holder, or everybody
        where a seat was free.
        """
        people = self.unmoved(post)
        if self.published[post] < self.base.capacity[post]:
            return len(people)
        held = np.flatnonzero(self.correction.before[people] == post)
        return int(held[-1]) + 1 if len(held) else 0

    def holders(self, post: int) -> Iterator[int]:
        """The people no event names who hold the post, the last in its order first."""
        people = self.unmoved(post)
        yield from people[np.flatnonzero(self.post[people] == post)][::-1].tolist()
