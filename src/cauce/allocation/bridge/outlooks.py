"""An open call rehearsed many times with the lists so far and people assumed: how far each post reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import cauce_engine as engine
from cauce.allocation.bridge.own_values import OwnValues
from cauce.allocation.bridge.runs import Lists, Offer, freeze
from cauce.allocation.rules import outlook as assumed_people
from cauce.calls.rules.design import OPEN, Design
from cauce.calls.rules.outlook import FEWEST_LISTS, FREE, code_of, end_of

SEATS_LEFT = -1  # what the engine writes for a line that is not full


@dataclass(frozen=True, slots=True)
class Found:
    """What many rehearsals gave: ``ends`` are (post, class of seats, end in each rehearsal)."""

    rehearsals: int
    lists: int
    assumed: tuple[int, int]
    ends: list[tuple[int, str, list[int]]]


def rehearsed(
    lists: Lists,
    offer: Offer,
    design: Design,
    *,
    criteria: Sequence[Mapping[str, Any]],
    specialties: Sequence[int],
    assumed: tuple[int, int],
    seed: str,
) -> Found:
    """Rehearse a call as often as its size allows.

    Each time, everybody who has sent a list takes part, and people are added
    as ``rules.outlook`` assumes. Posts in fewer sent lists than
    ``FEWEST_LISTS`` are left out of what is returned, not of the rehearsals.
    ``specialties`` are of the people of ``lists``.
    """
    count = assumed_people.rehearsals(len(lists.folios) + assumed[1])
    listed: defaultdict[int, int] = defaultdict(int)
    for posts in lists.posts:
        for post in posts:
            listed[post] += 1
    shown = {post for post, number in listed.items() if number >= FEWEST_LISTS}
    ends: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    drawn = assumed_people.newcomers(specialties, assumed, seed=seed, count=count)
    for number, more in enumerate(drawn):
        everybody = _joined(lists, more)
        for post, name, end in _ends(everybody, offer, design, criteria, f"{seed} {number}"):
            if post in shown:
                ends[post, name].append(end)
    return Found(count, len(lists.folios), assumed, [(post, name, row) for (post, name), row in ends.items()])


def _joined(lists: Lists, more: Sequence[assumed_people.Newcomer]) -> Lists:
    merit = [one.merit_of for one in more]
    return Lists(
        range(len(lists.folios) + len(more)),
        [*lists.folios, *(f"~{at:07d}" for at in range(len(more)))],
        [*lists.merit, *(lists.merit[row] for row in merit)],
        [*lists.posts, *(lists.posts[one.wishes_of] for one in more)],
        [*lists.groups, *(lists.groups[row] for row in merit)],
        [*lists.origins, *(lists.origins[row] for row in merit)],
    )


def _ends(
    lists: Lists, offer: Offer, design: Design, criteria: Sequence[Mapping[str, Any]], seed: str
) -> list[tuple[int, str, int]]:
    """How far each class of each post reached once."""
    frozen = freeze(lists, offer, seed=seed, commitment=engine.commitment_of(seed), design=design)
    allocation = engine.allocate(frozen.question)
    question, lines = frozen.question, frozen.question.lines
    reached: Any = allocation.last
    row_of = {folio: row for row, folio in enumerate(lists.folios)}
    rows = [row_of[folio] for folio in question.applicants]
    ids = dict(zip(offer.keys, offer.ids, strict=True))
    post_ids = [ids[key] for key in question.posts]
    own = OwnValues(lists, offer, design) if design.has_own_orders else None
    known: dict[tuple[int, Decimal], int] = {}

    def code(row: int, post: int) -> int:
        added = own.points(row, post) if own else Decimal(0)
        if (row, added) not in known:
            known[row, added] = code_of(criteria, lists.merit[row], added)
        return known[row, added]

    found = []
    ties = _ties(question, allocation, rows, lists) if design.is_plain else {}
    line_rows = zip(lines.post.tolist(), lines.name.tolist(), reached.tolist(), strict=True)
    for post, name, last in line_rows:
        if last >= 0:
            end = end_of(code(rows[last], post_ids[post]), *ties.get(post, (0, 0)))
        elif last == SEATS_LEFT:
            end = FREE
        else:
            continue  # a class without any seat: nobody can reach it
        found.append((post_ids[post], lines.names[name] if not design.is_plain else OPEN, end))
    return found


def _ties(question: Any, allocation: Any, rows: Sequence[int], lists: Lists) -> dict[int, tuple[int, int]]:
    """By full post, how many of those with the very merit of the last one found no seat there, and how many they are."""
    import numpy as np  # noqa: PLC0415 - only workers need arrays

    merits = {merit: at for at, merit in enumerate({tuple(one) for one in lists.merit})}
    mine = np.array([merits[tuple(lists.merit[row])] for row in rows])
    owner = np.repeat(np.arange(len(rows)), np.diff(question.choice_start))
    posts = question.choices
    last = allocation.last[posts]
    held = posts == allocation.post[owner]
    position = np.arange(len(posts)) - question.choice_start[owner]
    reached = np.full(len(rows), 1 << 30)
    reached[owner[held]] = position[held]
    tied = (last >= 0) & (position <= reached[owner]) & (mine[owner] == mine[np.maximum(last, 0)])
    whole = np.bincount(posts[tied], minlength=len(question.posts))
    placed = np.bincount(posts[tied & held], minlength=len(question.posts))
    return {at: (int(whole[at] - placed[at]), int(whole[at])) for at in np.flatnonzero(whole).tolist()}
