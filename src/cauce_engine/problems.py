"""The question: people with ordered wishes, posts with seats, and what decides between people.

A `Question` is frozen, kept in columns, and sound by construction: whoever holds one need check nothing.
People and posts are indices into `applicants` and `posts`, which are sorted by identifier, so that the order
of the input leaves no trace.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, repeat
from operator import lt
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import InvalidQuestion, quoted
from cauce_engine.formats.canonical import FORMAT as FORMAT
from cauce_engine.formats.canonical import parts
from cauce_engine.lottery import Lottery
from cauce_engine.scale import compiled_pays

MECHANISMS = ("serial", "live", "stable")
OPEN = "open"
MOST_SEATS = 2**31 - 1
LONGEST_IDENTIFIER = 500
OPTIONS = {"couples_definition": ("BIS", "MM"), "ties": ("lottery", "maximum")}
_DECIMAL = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")


@dataclass(frozen=True, slots=True, eq=False)
class Merit:
    """One element of merit for everybody: ``codes`` index ``texts`` (as given) and ``levels`` (their rank).

    A higher level is better; equal values have equal levels. Code -1: this person has no merit.
    """

    codes: NDArray[np.int32]
    texts: tuple[str | int, ...]
    levels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """The posts' own orders: entries ``start[p]:start[p + 1]`` of post p, best first; equal levels are tied.

    ``given[p]`` is false where a post has no order of its own; ``inner`` marks entries written in a tie.
    """

    start: NDArray[np.int64]
    applicant: NDArray[np.int32]
    level: NDArray[np.int32]
    given: NDArray[np.bool_]
    inner: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SeatClass:
    """Seats of one post kept for a group (None: open to all), and the class their unused seats turn into."""

    group: str | None
    seats: int
    reverts_to: str | None = None

    @property
    def name(self) -> str:
        return OPEN if self.group is None else self.group


@dataclass(frozen=True, slots=True)
class Share:
    """At least so many percent of those called, at every point of an order, are of the group while it lasts."""

    group: str
    percent: int


@dataclass(frozen=True, slots=True)
class Region:
    """A cap over the posts that name it. ``rule``: "flexible" or "target"."""

    id: str
    cap: int
    rule: str = "flexible"


@dataclass(frozen=True, slots=True, eq=False)
class Couple:
    """Two applicants with one list of pairs of posts, shape (n, 2); -1: that member unplaced."""

    id: str
    members: tuple[int, int]
    choices: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PostTerms:
    """What a post may say beyond its capacity and its order."""

    classes: tuple[SeatClass, ...] = ()
    region: str | None = None
    target: int | None = None
    minimum: int | None = None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, eq=False)
class SeatLines:
    """Every class of seats of every post, one line each: where a cut-off is published.

    Lines of post p are ``start[p]:start[p + 1]``, in the sequence in which they are filled; ``name`` indexes
    ``names``. A post without classes has the one line "open".
    """

    start: NDArray[np.int64]
    post: NDArray[np.int32]
    name: NDArray[np.int32]
    seats: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def several(self) -> bool:
        """Whether any post has another line than its one open line."""
        return self.names != (OPEN,) or len(self.post) != len(self.start) - 1

    @cached_property
    def index(self) -> dict[tuple[int, Any], int]:
        """The line of each (post index, name)."""
        pairs = zip(self.post.tolist(), map(self.names.__getitem__, self.name.tolist()), strict=True)
        return {pair: line for line, pair in enumerate(pairs)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """Who goes where? Build one with `from_columns`, or from the open format with `parse_question`.

    Wishes of applicant a: ``choices[choice_start[a]:choice_start[a + 1]]``, post indices, best first.
    """

    mechanism: str
    applicants: tuple[str, ...]
    posts: tuple[str, ...]
    capacity: NDArray[np.int64]
    choice_start: NDArray[np.int64]
    choices: NDArray[np.int32]
    merit: tuple[Merit, ...] = ()
    lottery: Lottery | None = None
    orders: Orders | None = None
    groups: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    terms: Mapping[int, PostTerms] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    couples: tuple[Couple, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    shares: tuple[Share, ...] = ()
    """Percentages merged into the order of merit."""
    log: tuple[tuple[int, int], ...] = ()
    """Choices made in person, in the sequence of the turns: applicant and post (-1: chose nothing)."""

    @classmethod
    def from_columns(
        cls,
        *,
        mechanism: str = "serial",
        applicants: Sequence[str],
        choice_counts: Sequence[int] | NDArray[Any],
        choices: Sequence[str] | NDArray[Any],
        posts: Sequence[str],
        capacities: Sequence[int] | NDArray[Any],
        merit: Sequence[Sequence[Any] | NDArray[Any] | Merit] = (),
        lottery: Lottery | None = None,
        groups: Mapping[int, tuple[str, ...]] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Question:
        """Build a question from parallel columns, in any order.

        ``choices`` holds everybody's wishes one after another, best first: post identifiers, or indices into
        ``posts``; ``choice_counts`` says how many belong to each applicant. ``merit`` has one column per
        element, in order of comparison: exact decimals as text, or integers; higher is better; all columns
        None where a person has no merit. ``groups`` maps positions in ``applicants`` to names of groups.
        Raises `InvalidQuestion` for the first contradiction.
        """
        if mechanism not in MECHANISMS:
            raise InvalidQuestion(
                "mechanism",
                "{mechanism} is none of {known}",
                mechanism=quoted(mechanism),
                known=", ".join(MECHANISMS),
            )
        sorting = _sorting(applicants, "applicants")
        post_sorting = _sorting(posts, "posts")
        capacity = _capacities(capacities, len(posts))
        counts = np.asarray(choice_counts, np.int64)
        if counts.shape != (len(applicants),) or (len(counts) and counts.min() < 0):
            raise InvalidQuestion("choice_counts", "does not give one number of wishes for each applicant")
        flat = _post_indices(choices, posts, counts)
        _refuse_repeated(flat, counts, posts)
        columns = tuple(_merit(column, len(applicants), at) for at, column in enumerate(merit))
        _refuse_partial_merit(columns, mechanism)
        start = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=start[1:])
        if post_sorting is not None:
            flat = inverse(post_sorting)[flat].astype(np.int32)
            capacity = capacity[post_sorting]
        if sorting is not None:
            start, flat = moved_rows(start, flat, sorting)
            columns = tuple(Merit(m.codes[sorting], m.texts, m.levels) for m in columns)
        return cls(
            mechanism=mechanism,
            applicants=_permuted(applicants, sorting),
            posts=_permuted(posts, post_sorting),
            capacity=capacity,
            choice_start=start,
            choices=flat,
            merit=columns,
            lottery=lottery,
            groups=_moved(groups or {}, sorting),
            options=_options(options or {}),
        )

    @cached_property
    def digest(self) -> str:
        """ "sha256:" and the SHA-256 of `canonical`: the name by which answers refer to this question."""
        running = hashlib.sha256()
        for part in parts(self):
            running.update(part)
        return "sha256:" + running.hexdigest()

    def canonical(self) -> bytes:
        """The question as JSON in its one canonical form (`cauce_engine.formats.canonical`)."""
        return b"".join(parts(self))

    @property
    def simple(self) -> bool:
        """Whether every post chooses alone, by one order: no classes of seats and no regions."""
        return not any(terms.classes or terms.region is not None for terms in self.terms.values())

    @property
    def settles_for_size(self) -> bool:
        """Whether ties are settled so that most people are placed, rather than by the lottery."""
        return self.options.get("ties") == "maximum"

    @cached_property
    def lines(self) -> SeatLines:
        """The classes of seats of all posts."""
        size = len(self.posts)
        if not any(terms.classes for terms in self.terms.values()):
            alone = np.arange(size + 1)
            return SeatLines(
                alone, alone[:-1].astype(np.int32), np.zeros(size, np.int32), self.capacity, (OPEN,)
            )
        bare = PostTerms()
        listed = [
            _with_open(self.terms.get(post, bare).classes, int(seats))
            for post, seats in enumerate(self.capacity)
        ]
        start = np.zeros(size + 1, np.int64)
        np.cumsum([len(classes) for classes in listed], out=start[1:])
        names = tuple(sorted({c.name for classes in listed for c in classes}))
        return SeatLines(
            start,
            np.repeat(np.arange(size, dtype=np.int32), np.diff(start)),
            np.array([names.index(c.name) for classes in listed for c in classes], np.int32),
            np.array([c.seats for classes in listed for c in classes], np.int64),
            names,
        )

    def index_of(self, applicant: str) -> int:
        """Index of an applicant; KeyError when nobody has that identifier."""
        return self._applicant_index[applicant]

    @cached_property
    def _applicant_index(self) -> dict[str, int]:
        return {identifier: index for index, identifier in enumerate(self.applicants)}


def _with_open(classes: tuple[SeatClass, ...], seats: int) -> tuple[SeatClass, ...]:
    """The classes of a post, with an open one where it has none but needs it."""
    if not classes:
        return (SeatClass(None, seats),)
    turned = any(c.reverts_to == OPEN for c in classes) and all(c.group is not None for c in classes)
    return (*classes, SeatClass(None, 0)) if turned else classes


def inverse(permutation: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each old index has gone."""
    places = np.empty(len(permutation), np.int64)
    places[permutation] = np.arange(len(permutation))
    return places


def refuse_identifier(value: object, place: str) -> None:
    """Raise `InvalidQuestion` unless the value can name something."""
    if not isinstance(value, str):
        raise InvalidQuestion(place, "{value} is not a text; identifiers are texts", value=quoted(value))
    if not value:
        raise InvalidQuestion(place, "is empty; identifiers have at least one character")
    if len(value) > LONGEST_IDENTIFIER:
        raise InvalidQuestion(place, "is longer than {value} characters", value=LONGEST_IDENTIFIER)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidQuestion(place, "contains half of a character (a lone surrogate)") from None


def _sorting(identifiers: Sequence[str], collection: str) -> NDArray[np.int64] | None:
    """The permutation that sorts the identifiers, or None when they are sorted; refuses bad and repeated ones."""
    try:
        sound = len(max(identifiers, key=len, default="x")) <= LONGEST_IDENTIFIER and all(identifiers)
        "".join(identifiers).encode("utf-8")
    except (TypeError, UnicodeEncodeError):
        sound = False
    if not sound:
        for at, identifier in enumerate(identifiers):
            refuse_identifier(identifier, f"{collection}[{at}].id")
    if all(map(lt, identifiers, identifiers[1:])):
        return None
    order = sorted(range(len(identifiers)), key=identifiers.__getitem__)
    ranked = [identifiers[at] for at in order]
    if not all(map(lt, ranked, ranked[1:])):
        seen: dict[str, int] = {}
        for at, identifier in enumerate(identifiers):
            if identifier in seen:
                first = f"{collection}[{seen[identifier]}]"
                raise InvalidQuestion(
                    f"{collection}[{at}].id",
                    "{identifier} is already declared at {first}",
                    identifier=quoted(identifier),
                    first=first,
                )
            seen[identifier] = at
    return np.array(order, np.int64)


def whole_number(value: object, place: str, *, least: int = 0, most: int = MOST_SEATS) -> int:
    """The value as an int; `InvalidQuestion` unless it is a whole number within the bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InvalidQuestion(place, "{value} is not a whole number", value=quoted(value))
    if not least <= value <= most:
        raise InvalidQuestion(
            place, "{value} is outside {least} to {most}", value=quoted(int(value)), least=least, most=most
        )
    return int(value)


def _capacities(values: Sequence[int] | NDArray[Any], posts: int) -> NDArray[np.int64]:
    if len(values) != posts:
        raise InvalidQuestion(
            "capacities", "gives {values} numbers for {posts} posts", values=len(values), posts=posts
        )
    whole = isinstance(values, np.ndarray) and values.dtype.kind in "iu"
    if whole and posts and min(values) >= 0 and max(values) <= MOST_SEATS:
        return np.asarray(values, np.int64)
    return np.array([whole_number(v, f"posts[{at}].capacity") for at, v in enumerate(values)], np.int64)


def _place_of(wish: int, counts: NDArray[np.int64]) -> str:
    ends = np.cumsum(counts)
    owner = int(np.searchsorted(ends, wish, side="right"))
    return f"applicants[{owner}].choices[{wish - int(ends[owner]) + int(counts[owner])}]"


def _post_indices(choices: Any, posts: Sequence[str], counts: NDArray[np.int64]) -> NDArray[np.int32]:
    total = int(counts.sum())
    if len(choices) != total:
        raise InvalidQuestion(
            "choices",
            "holds {choices} wishes; choice_counts adds up to {total}",
            choices=len(choices),
            total=total,
        )
    if isinstance(choices, np.ndarray) and choices.dtype.kind in "iu":
        if total and not 0 <= int(choices.min()) <= int(choices.max()) < len(posts):
            wish = int(np.flatnonzero((choices < 0) | (choices >= len(posts)))[0])
            raise InvalidQuestion(_place_of(wish, counts), "post {wish} is not declared", wish=choices[wish])
        return choices.astype(np.int32)
    index = {post: at for at, post in enumerate(posts)}
    try:
        return np.fromiter(map(index.__getitem__, choices), np.int32, total)
    except (KeyError, TypeError):
        for wish, post in enumerate(choices):
            if not isinstance(post, str):
                raise InvalidQuestion(
                    _place_of(wish, counts), "{post} is not a post", post=quoted(post)
                ) from None
            if post not in index:
                place = _place_of(wish, counts)
                raise InvalidQuestion(place, "post {post} is not declared", post=quoted(post)) from None
        raise


def _refuse_repeated(flat: NDArray[np.int32], counts: NDArray[np.int64], posts: Sequence[str]) -> None:
    if compiled_pays(len(flat)):
        from cauce_engine.formats.reading_loops import first_repeated  # noqa: PLC0415 - only large questions compile

        if first_repeated(counts, flat, len(posts)) < 0:
            return
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    key = owner * len(posts) + flat
    ranked = np.sort(key)
    twice = ranked[1:][ranked[1:] == ranked[:-1]]
    if len(twice):
        wishes = np.flatnonzero(np.isin(key, twice))
        seen: set[int] = set()
        for wish in wishes.tolist():
            if int(key[wish]) in seen:
                name = quoted(posts[flat[wish]])
                raise InvalidQuestion(
                    _place_of(wish, counts), "post {name} is already in this list", name=name
                )
            seen.add(int(key[wish]))


def _merit(column: Any, size: int, at: int) -> Merit:
    if isinstance(column, Merit):
        return column
    if len(column) != size:
        raise InvalidQuestion(
            "merit",
            "column {at} has {column} values for {size} applicants",
            at=at,
            column=len(column),
            size=size,
        )
    if isinstance(column, np.ndarray):
        if column.dtype.kind not in "iu":
            raise InvalidQuestion(
                "merit", "column {at} holds {dtype}; exact values are needed", at=at, dtype=column.dtype
            )
        values, places = np.unique(column, return_inverse=True)
        levels: NDArray[np.int64] = np.arange(len(values), dtype=np.int64)
        return Merit(np.asarray(places, np.int32), tuple(values.tolist()), levels)
    if not set(map(type, column)) <= {str, int, type(None)}:
        _refuse_inexact(column, at)
    texts: dict[str | int, int] = {}
    for value in dict.fromkeys(column):
        if value is None:
            continue
        if not _DECIMAL.fullmatch(str(value)):
            _refuse_inexact(column, at)
        texts[value] = len(texts)
    codes = np.fromiter(map(texts.get, column, repeat(-1)), np.int32, size)
    return Merit(codes, tuple(texts), _levels([str(text) for text in texts]))


def _refuse_inexact(column: Sequence[Any], at: int) -> NoReturn:
    for person, value in enumerate(column):
        if value is None or (type(value) in (str, int) and _DECIMAL.fullmatch(str(value))):
            continue
        place = f"applicants[{person}].merit[{at}]"
        raise InvalidQuestion(
            place, '{value} is not an exact decimal written as text, like "92.4"', value=quoted(value)
        )
    raise InvalidQuestion("merit", "column {at} does not hold exact decimals", at=at)


def _levels(texts: list[str]) -> NDArray[np.int64]:
    """The rank of each text's exact value among the distinct values."""
    decimals = max((len(t) - t.find(".") - 1 for t in texts if "." in t), default=0)
    scaled = [_scaled(text, decimals) for text in texts]
    rank = {value: level for level, value in enumerate(sorted(set(scaled)))}
    return np.fromiter((rank[value] for value in scaled), np.int64, len(scaled))


def _scaled(text: str, decimals: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(decimals, "0"))


def _refuse_partial_merit(columns: tuple[Merit, ...], mechanism: str) -> None:
    if not columns:
        return
    without = columns[0].codes < 0
    for column in columns[1:]:
        odd = np.flatnonzero((column.codes < 0) != without)
        if len(odd):
            place = f"applicants[{odd[0]}].merit"
            raise InvalidQuestion(
                place, "does not have {columns} elements like the others", columns=len(columns)
            )
    if mechanism != "stable" and without.any() and not without.all():
        person = int(np.flatnonzero(without)[0])
        raise InvalidQuestion(f"applicants[{person}].merit", "is missing, while other applicants have one")


def moved_rows(
    start: NDArray[np.int64], flat: NDArray[Any], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Rows of a ragged array in another order."""
    counts = np.diff(start)[order]
    moved = np.zeros(len(start), np.int64)
    np.cumsum(counts, out=moved[1:])
    if compiled_pays(len(flat)):
        from cauce_engine.formats.reading_loops import reordered  # noqa: PLC0415 - only large questions compile

        return moved, reordered(start, flat, order, moved)
    source = np.arange(len(flat)) + np.repeat(start[:-1][order] - moved[:-1], counts)
    return moved, flat[source]


def _permuted(identifiers: Sequence[str], order: NDArray[np.int64] | None) -> tuple[str, ...]:
    return tuple(identifiers) if order is None else tuple(map(identifiers.__getitem__, order.tolist()))


def _moved(
    groups: Mapping[int, tuple[str, ...]], order: NDArray[np.int64] | None
) -> dict[int, tuple[str, ...]]:
    kept = {index: tuple(sorted(names)) for index, names in groups.items() if names}
    if order is None:
        return dict(sorted(kept.items()))
    places = inverse(order)
    return dict(sorted((int(places[index]), names) for index, names in kept.items()))


def _options(options: Mapping[str, str]) -> dict[str, str]:
    for name, value in options.items():
        if name not in OPTIONS:
            raise InvalidQuestion(
                "options", "{name} is none of {known}", name=quoted(name), known=", ".join(OPTIONS)
            )
        if value not in OPTIONS[name]:
            allowed = " or ".join(OPTIONS[name])
            raise InvalidQuestion(
                f"options.{name}", "{value} is not {allowed}", value=quoted(value), allowed=allowed
            )
    return dict(sorted(options.items()))


def flatten(lists: Sequence[Sequence[str]]) -> tuple[list[int], list[str]]:
    """Lists of wishes as the two columns ``choice_counts`` and ``choices`` of `Question.from_columns`."""
    return list(map(len, lists)), list(chain.from_iterable(lists))
