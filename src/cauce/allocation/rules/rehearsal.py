"""Mechanisms tried on a call's own shape: which ones, on what people, and what is counted. Pure; chance has a seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from random import Random
from typing import Any

from cauce.calls.models import Mechanism, PostOrders, RegionRule
from cauce.calls.rules.design import Design

FEWEST_LISTS = 30  # with fewer sent lists, people are generated
SMALL_GROUP = 5  # what fewer people than this gain or lose is not shown
SEED = "cauce-rehearsal-1"

# What is assumed of generated people; each is shown on the page.
PEOPLE_PER_SEAT = Decimal("1.2")
MOST_PEOPLE = 20_000
FEWEST_PEOPLE = 40
LIST_LENGTH = (3, 12)
LONGEST_COMPLETE = 60
HOME_WEIGHT = 4
FROM_A_SITE = 0.2
GROUP_PER_SEAT = 1.5
MOST_OF_A_GROUP = 0.5
POINTS_SHARE = Decimal("0.05")  # of the range of the first criterion, where the draft gives no points


@dataclass(frozen=True, slots=True)
class Shape:
    """What a rehearsal needs of a call: parallel columns by post, and its rules. ``shared`` and ``places`` as the bridge has them."""

    ids: Sequence[int]
    seats: Sequence[int]
    specialties: Sequence[int]
    shared: Sequence[tuple[Mapping[str, int], int | None, int]]
    places: Sequence[tuple[str, int]]
    criteria: Sequence[Mapping[str, Any]]
    design: Design
    is_complete: bool
    max_choices: int | None


@dataclass(frozen=True, slots=True)
class People:
    """Parallel columns: merit as decimal strings, post ids best first, groups, and origins (state, site)."""

    merit: list[list[str]]
    posts: list[list[int]]
    groups: list[list[str]]
    origins: list[tuple[str, int | None]]

    def __len__(self) -> int:
        return len(self.merit)


def invented_people(shape: Shape) -> People:
    """Generate people over the posts of a call, under the assumptions above; always the same for the same call."""
    draw = Random(SEED)  # noqa: S311 - a rehearsal must give the same people every time
    seats = sum(shape.seats)
    count = min(MOST_PEOPLE, max(FEWEST_PEOPLE, int(seats * PEOPLE_PER_SEAT)))
    by_specialty: defaultdict[int, list[int]] = defaultdict(list)
    for at, specialty in enumerate(shape.specialties):
        by_specialty[specialty].append(at)
    chosen = draw.choices(
        list(by_specialty), [sum(shape.seats[at] for at in rows) for rows in by_specialty.values()], k=count
    )
    order = list(range(len(shape.ids)))
    draw.shuffle(order)
    appeal = {at: 1 / (place + 10) ** 0.8 for place, at in enumerate(order)}
    states = [shape.places[at][0] for at in range(len(shape.ids))]
    homes = draw.choices(states, list(shape.seats), k=count)
    kept = Counter[str]()
    for reserved, _target, _minimum in shape.shared:
        kept.update(reserved)
    chance = {key: min(MOST_OF_A_GROUP, GROUP_PER_SEAT * number / count) for key, number in kept.items()}
    people = People([], [], [], [])
    for specialty, home in zip(chosen, homes, strict=True):
        wishes = _wishes(draw, shape, by_specialty[specialty], appeal, states, home)
        people.merit.append([_value(draw, criterion) for criterion in shape.criteria])
        people.posts.append([shape.ids[at] for at in wishes])
        people.groups.append([key for key in sorted(chance) if draw.random() < chance[key]])
        near = [at for at in by_specialty[specialty] if states[at] == home]
        site = shape.places[draw.choice(near)][1] if near and draw.random() < FROM_A_SITE else None
        people.origins.append((home, site))
    return people


def _wishes(
    draw: Random,
    shape: Shape,
    posts: Sequence[int],
    appeal: Mapping[int, float],
    states: Sequence[str],
    home: str,
) -> list[int]:
    """A weighted order of posts without repetition (each key is a power of a uniform number), cut to a length."""
    keyed = sorted(
        posts,
        key=lambda at: draw.random() ** (1 / (appeal[at] * (HOME_WEIGHT if states[at] == home else 1))),
        reverse=True,
    )
    if shape.is_complete:
        return keyed[:LONGEST_COMPLETE]
    return keyed[: min(draw.randint(*LIST_LENGTH), shape.max_choices or LIST_LENGTH[1])]


def _value(draw: Random, criterion: Mapping[str, Any]) -> str:
    """A value of a criterion: most in the middle of its range, with its decimals."""
    low, high = Decimal(str(criterion["minimum"])), Decimal(str(criterion["maximum"]))
    share = Decimal(str(sum(draw.random() for _turn in range(3)) / 3))
    step = Decimal(1).scaleb(-int(criterion["decimals"]))
    return f"{(low + (high - low) * share).quantize(step, ROUND_FLOOR):f}"


# ----------------------------------------------------------------- mechanisms


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of assigning to try. ``design`` is empty for giving first choices first, which no ``Design`` is.

    ``is_crude``: shown for what it does wrong, never offered. ``targets`` replace those of the posts.
    """

    name: str
    design: Design | None
    is_crude: bool = False
    targets: Mapping[int, int] | None = None


def variants(shape: Shape, people: People) -> list[Variant]:
    """The ways to compare, the simple order of merit first; only those that the call's data can tell apart."""
    design = shape.design
    found = [Variant("merit", Design())]
    has_classes = bool(design.groups) and any(reserved for reserved, _target, _minimum in shape.shared)
    if has_classes:
        found.append(Variant("classes", Design(seat_classes=design.seat_classes)))
    if design.regions:
        found.append(Variant("regions", Design(regions=design.regions, region_rule=RegionRule.FLEXIBLE)))
    points = _points(shape)
    if points and any(state or site for state, site in people.origins):
        found.append(
            Variant(
                "points",
                Design(mechanism=Mechanism.STABLE, post_orders=PostOrders.POINTS, order_points=points),
            )
        )
    whole = replace(design) if design.post_orders != PostOrders.IMPORTED else None
    if whole is not None and not whole.is_plain and all(one.design != whole for one in found):
        found.append(Variant("draft", whole))
    found.append(Variant("first", None, is_crude=True))
    if has_classes:
        stuck = [{**one, "reverts_to": ""} for one in design.sequence]
        found.append(Variant("stuck", Design(seat_classes=stuck), is_crude=True))
    if design.regions:
        cut = Design(regions=design.regions, region_rule=RegionRule.TARGET)
        found.append(Variant("cut", cut, is_crude=True, targets=_targets(shape)))
    return found


def _points(shape: Shape) -> dict[str, str]:
    """The draft's points, or a stated example: a share of the range of the first criterion, for the state."""
    if shape.design.order_points:
        return dict(shape.design.order_points)
    if not shape.criteria:
        return {}
    first = shape.criteria[0]
    added = (Decimal(str(first["maximum"])) - Decimal(str(first["minimum"]))) * POINTS_SHARE
    return {"state": f"{added.normalize():f}"}


def _targets(shape: Shape) -> dict[int, int]:
    """The posts' targets where regions are capped; where none is said, the cap shared out by seats, rounded down."""
    caps = shape.design.caps()
    in_state: Counter[str] = Counter()
    for (state, _site), seats in zip(shape.places, shape.seats, strict=True):
        in_state[state] += seats
    found = {}
    for post, (state, _site), seats, (reserved, target, _minimum) in zip(
        shape.ids, shape.places, shape.seats, shape.shared, strict=True
    ):
        if state in caps:
            share = min(seats, caps[state] * seats // in_state[state])
            found[post] = max(target if target is not None else share, sum(reserved.values()))
    return found


def first_choices_first(people: People, seats: Mapping[int, int], order: Sequence[int]) -> list[int | None]:
    """Give first choices first: each round, those still without a post ask for their next one, in ``order`` of merit.

    What is given is never taken back: the way that many registers of turns
    work, and under which an honest list can lose a place to a worse one.
    """
    left = dict(seats)
    place: list[int | None] = [None] * len(people)
    longest = max((len(posts) for posts in people.posts), default=0)
    for turn in range(longest):
        for person in order:
            if place[person] is None and turn < len(people.posts[person]):
                post = people.posts[person][turn]
                if left[post]:
                    left[post] -= 1
                    place[person] = post
    return place


# --------------------------------------------------------------------- counts


def counted(
    variant: Variant,
    place: Sequence[int | None],
    base: Sequence[int | None],
    people: People,
    shape: Shape,
    order: Sequence[int],
) -> dict[str, Any]:
    """Count what a way of assigning does: to all, and to each group against the simple order of merit."""
    ranks = [_rank(posts, post) for posts, post in zip(people.posts, place, strict=True)]
    before = [_rank(posts, post) for posts, post in zip(people.posts, base, strict=True)]
    taken = Counter(post for post in place if post is not None)
    return {
        "name": variant.name,
        "crude": variant.is_crude,
        "points": dict(variant.design.order_points) if variant.design else {},
        "placed": sum(taken.values()),
        "first": ranks.count(1),
        "top": sum(rank in (1, 2, 3) for rank in ranks),
        "posts": len(taken),
        "envy": len(_envious(people, place, order)) if variant.name in ("merit", "first") else None,
        "waste": _wanting_empty(people, shape, place, taken),
        "groups": [
            _moved(name, members, ranks, before) for name, members in _groups(people, shape, order).items()
        ],
    }


def _rank(posts: Sequence[int], post: int | None) -> int:
    """1 for the first choice; beyond the list for nothing."""
    return posts.index(post) + 1 if post is not None else len(posts) + 1


def _envious(people: People, place: Sequence[int | None], order: Sequence[int]) -> set[int]:
    """Who would rather have a post that somebody behind them in merit got."""
    last: dict[int, int] = {}
    for turn, person in enumerate(order):
        post = place[person]
        if post is not None:
            last[post] = turn
    found = set()
    for turn, person in enumerate(order):
        for post in people.posts[person]:
            if post == place[person]:
                break
            if last.get(post, -1) > turn:
                found.add(person)
                break
    return found


def _wanting_empty(
    people: People, shape: Shape, place: Sequence[int | None], taken: Mapping[int, int]
) -> int:
    """How many people would rather have a post that keeps a seat empty."""
    seats = dict(zip(shape.ids, shape.seats, strict=True))
    found = 0
    for posts, mine in zip(people.posts, place, strict=True):
        better = posts[: posts.index(mine)] if mine is not None else posts
        found += any(taken.get(post, 0) < seats[post] for post in better)
    return found


def _groups(people: People, shape: Shape, order: Sequence[int]) -> dict[str, list[int]]:
    third = -(-len(order) // 3)
    found = {
        "all": list(order),
        "top": list(order[:third]),
        "middle": list(order[third : 2 * third]),
        "bottom": list(order[2 * third :]),
    }
    for one in shape.design.groups:
        found[f"class {one['key']}"] = [at for at, groups in enumerate(people.groups) if one["key"] in groups]
    return found


def _moved(name: str, members: Sequence[int], ranks: Sequence[int], before: Sequence[int]) -> dict[str, Any]:
    """Who gains and who loses; nothing but the size for a group so small that it would tell of persons."""
    if len(members) < SMALL_GROUP:
        return {"name": name, "small": True}
    return {
        "name": name,
        "people": len(members),
        "better": sum(ranks[at] < before[at] for at in members),
        "worse": sum(ranks[at] > before[at] for at in members),
    }
