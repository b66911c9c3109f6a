"""What the last rehearsals of an open call say of one person's list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cauce.calls.models import Application, Outlook, PostOutlook
from cauce.calls.rules import application as rulebook
from cauce.calls.rules import outlook
from cauce.calls.rules.design import Design

RISK = 0.05


@dataclass(frozen=True, slots=True)
class WishOdds:
    """What rehearsals say of one wish; bounds in per cent, whole. ``kind`` is "likely", "possible" or "hard"."""

    kind: str
    word: str
    low: int
    high: int
    share: float


@dataclass(frozen=True, slots=True)
class ListOdds:
    """What the rehearsals of an open call say of a list: of each wish (by post id), and of ending without any.

    ``lacks`` says what is missing to know: "merit" or nothing. ``hidden`` is
    how many options so few people list that nothing is said of them;
    ``without`` are per cents of ending without any of the others, so a bound
    where some are hidden; ``safe`` how many options are enough for a risk below 5 %.
    """

    computed_at: datetime
    rehearsals: int
    lists: int
    fewest: int
    most: int
    lacks: str
    each: dict[int, WishOdds]
    hidden: int
    without: tuple[int, int] | None
    safe: int | None


def list_odds(application: Application, posts: Sequence[int]) -> ListOdds | None:
    """Return the odds of a list from the last rehearsals of its call, in two queries; ``None`` before the first."""
    call = application.call
    found = Outlook.objects.filter(call=call).first()
    if found is None:
        return None
    design = Design.of(call)
    by_post: dict[int, dict[str, list[int]]] = {post: {} for post in posts}
    places: dict[int, tuple[str, int]] = {}
    rows = PostOutlook.objects.filter(outlook=found, post_id__in=posts)
    for post, name, ends, state, site in rows.values_list(
        "post_id", "seat_class", "ends", "post__site__state_id", "post__site_id"
    ):
        by_post[post][name] = ends
        places[post] = (state, site)
    fewest, most = found.assumed or (0, 0)
    facts = (found.computed_at, found.rehearsals, found.lists, fewest, most)
    if rulebook.missing_merit(call, application.merit):
        return ListOdds(*facts, "merit", {}, 0, None, None)
    codes = [_code_at(application, design, places.get(post)) for post in posts]
    ends = [by_post[post] for post in posts]
    each, without = outlook.odds_of_list(ends, codes, application.groups)
    return ListOdds(
        *facts,
        "",
        {post: _worded(one) for post, one in zip(posts, each, strict=True) if one is not None},
        each.count(None),
        _percents(without) if without else None,
        outlook.safe_length(ends, codes, application.groups, risk=RISK),
    )


def _code_at(application: Application, design: Design, place: tuple[str, int] | None) -> int:
    """The person's merit as the post orders it, with its points where the call gives any."""
    state, site = place or ("", 0)
    added = design.points(
        from_site=application.origin_site_id is not None and application.origin_site_id == site,
        from_state=bool(application.origin_state) and application.origin_state == state,
    )
    return outlook.code_of(application.call.score_criteria, application.merit, added)


def _worded(odds: outlook.Odds) -> WishOdds:
    words = {"likely": _("muy probable"), "possible": _("posible"), "hard": _("difícil")}
    return WishOdds(odds.word, words[odds.word], *_percents(odds), odds.share)


def _percents(odds: outlook.Odds) -> tuple[int, int]:
    """The bounds in whole per cents, outwards: never narrower than they are."""
    return int(odds.low * 100), -int(-odds.high * 100 // 1)
