"""Why a later round gave somebody this and not what they preferred: wish by wish, round by round."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cauce.allocation.models import Cutoff, Offer, Placement, Release
from cauce.allocation.queries.results import WishLine
from cauce.allocation.queries.words import wish_sentence
from cauce.allocation.rules import releases as release_rules


@dataclass(frozen=True, slots=True)
class RoundWish:
    """What became of one wish in a round. ``code``: "placed", "behind", or "closed" where no seat of it was in play.

    ``seats`` were in play; ``last_place`` is that of the last person of the round who got one, ``last_merit`` their values.
    ``words`` explain it instead, where classes of seats, regions or posts' own orders decided.
    """

    wish: WishLine
    code: str
    seats: int = 0
    last_place: int | None = None
    last_merit: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class LaterRound:
    """A round after the first. ``place`` is the person's among those who took part, ``None`` for who did not.

    ``had_offer`` says that they did not because they had been offered a place before; otherwise no wish had a seat.
    """

    number: int
    released_at: datetime | None
    place: int | None
    had_offer: bool
    wishes: list[RoundWish]


def later_rounds(
    placement: Placement,
    wishes: Sequence[WishLine],
    releases: Collection[Release],
    offer: Offer | None,
    *,
    criteria: Sequence[Mapping[str, Any]],
) -> list[LaterRound]:
    """Explain each public round after the first to the person of ``placement``; two queries, none without rounds."""
    rounds = [one for one in release_rules.rounds_of(releases) if one.round > 1 and one.run_id]
    if not rounds:
        return []
    runs = [one.run_id for one in rounds]
    mine = {
        one.run_id: one
        for one in Placement.objects.filter(run__in=runs, application=placement.application_id)
    }
    cuts = {
        (one.run_id, one.post_id): one
        for one in Cutoff.objects.filter(run__in=runs, post__in=placement.posts)
    }
    return [_round(one, mine.get(one.run_id or 0), wishes, cuts, offer, criteria) for one in rounds]


def _round(
    release: Release,
    mine: Placement | None,
    wishes: Sequence[WishLine],
    cuts: dict[tuple[int, int], Cutoff],
    offer: Offer | None,
    criteria: Sequence[Mapping[str, Any]],
) -> LaterRound:
    if mine is None:
        had_offer = offer is not None and offer.release.number < release.number
        return LaterRound(release.round, release.released_at, None, had_offer, [])
    found = []
    for wish in wishes:
        line = _wish(mine, wish, criteria, cuts.get((mine.run_id, wish.post.pk)))
        found.append(line)
        if line.code == "placed":
            break
    return LaterRound(release.round, release.released_at, mine.place, False, found)


def _wish(
    mine: Placement, wish: WishLine, criteria: Sequence[Mapping[str, Any]], cut: Cutoff | None
) -> RoundWish:
    post = wish.post.pk
    if post not in mine.posts:
        return RoundWish(wish, "closed")
    code = "placed" if mine.post_id == post else "behind"
    seats, last, merit = (cut.seats, cut.last_place, cut.last_merit) if cut else (0, None, [])
    words = ""
    if mine.reasons and code == "behind":
        reason = mine.reasons[mine.posts.index(post)]
        words = wish_sentence(reason, criteria=criteria, labels={})
    return RoundWish(wish, code, seats, last, str(merit[0]) if merit else "", words)
