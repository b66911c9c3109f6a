"""What the own order of a post sees of somebody: their merit, with its points for where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cauce.allocation.bridge.runs import Lists, Offer
    from cauce.calls.rules.design import Design

Value = tuple[Decimal, ...]


class OwnValues:
    """The values of everybody at every post: read once, since millions are asked for."""

    def __init__(self, lists: Lists, offer: Offer, design: Design) -> None:
        self._merit = [tuple(map(Decimal, merit)) for merit in lists.merit]
        self._origins = lists.origins
        self._place_of = dict(zip(offer.ids, offer.places, strict=True)) if offer.places else {}
        self._points = {
            (site, state): design.points(from_site=site, from_state=state)
            for site in (False, True)
            for state in (False, True)
        }

    def points(self, row: int, post: int) -> Decimal:
        """What the post adds to the first criterion of the person in this row of the lists."""
        state, site = self._origins[row] if self._origins else ("", None)
        there, unit = self._place_of[post]
        return self._points[site is not None and site == unit, bool(state) and state == there]

    def at(self, row: int, post: int) -> Value:
        """What the post compares of that person, the first element first; larger comes before."""
        merit, added = self._merit[row], self.points(row, post)
        return (merit[0] + added, *merit[1:]) if merit else (added,)


def own_orders(
    lists: Lists, offer: Offer, design: Design, tiers: Mapping[int, list[list[int]]]
) -> dict[int, list[list[str]]]:
    """Return by post id the folios that list it, best first, the tied together: brought, or merit with points.

    Where only an institute's own posts bring an order, the others keep that of merit.
    """
    folio_of = dict(zip(lists.applications, lists.folios, strict=True)) if tiers else {}
    brought = {
        post: [[folio_of[one] for one in tier if one in folio_of] for tier in rows]
        for post, rows in tiers.items()
    }
    brought = {post: [tier for tier in rows if tier] for post, rows in brought.items()}
    if brought and design.post_orders != "partner":
        return brought
    own = OwnValues(lists, offer, design)
    values: dict[int, dict[Value, list[str]]] = {post: {} for post in offer.ids}
    for row, (folio, posts) in enumerate(zip(lists.folios, lists.posts, strict=True)):
        for post in posts:
            values[post].setdefault(own.at(row, post), []).append(folio)
    by_merit = {post: [rows[value] for value in sorted(rows, reverse=True)] for post, rows in values.items()}
    return by_merit | brought
