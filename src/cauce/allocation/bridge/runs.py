"""The only door to the engine: rows to a question, an answer to rows. No writes.

Nothing here loads the compiler until something is solved, so pages may import this module.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import cauce_engine as engine
from cauce.allocation.bridge.own_values import OwnValues, own_orders
from cauce.calls.rules.design import OPEN, Design, classes_of

ENGINE_VERSION = engine.__version__
COMPRESSION = (
    1  # a question of 50,000 lists shrinks to a fifth in a tenth of a second; higher levels cost seconds
)


PLAIN = Design()


class CannotAsk(Exception):
    """The rows are no question that the engine can answer; ``facts`` say where and why, in both languages."""

    def __init__(self, spanish: str, english: str) -> None:
        super().__init__(english)
        self.facts = {"problem": spanish, "problem_en": english}

    @classmethod
    def by(cls, fault: engine.InvalidQuestion) -> CannotAsk:
        return cls(fault.said("es"), fault.said("en"))

    @classmethod
    def strange(cls, post: int) -> CannotAsk:
        return cls(
            f"una lista tiene la plaza número {post}, que no es de esta convocatoria",
            f"a list has post number {post}, which is not of this call",
        )


class NotCertified(Exception):
    """The certifier refused the answer. ``check`` is the first property that fails, as a document."""

    def __init__(self, check: dict[str, Any]) -> None:
        super().__init__(f"{check['name']}: {check['witness']}")
        self.check = check


@dataclass(frozen=True, slots=True)
class Lists:
    """What people sent, in columns: parallel, one entry for each application. ``posts`` are ids, best first.

    ``groups`` (of classes of seats) and ``origins`` (state key, site id) may be left out where nothing asks for them.
    """

    applications: Sequence[int]
    folios: Sequence[str]
    merit: Sequence[Sequence[str]]
    posts: Sequence[Sequence[int]]
    groups: Sequence[Sequence[str]] = ()
    origins: Sequence[tuple[str, int | None]] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a call offers, in columns: parallel, one entry for each post.

    ``shared`` are (seats by class, target, minimum), ``places`` (state key, site id); both as ``Lists.groups``.
    """

    ids: Sequence[int]
    keys: Sequence[str]
    seats: Sequence[int]
    shared: Sequence[tuple[Mapping[str, int], int | None, int]] = ()
    places: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Frozen:
    """A question as it is stored: ``data`` compressed, ``digest`` of the canonical bytes; ``brought`` are posts with lists of their own."""

    question: Any
    data: bytes
    digest: str
    design: Design = PLAIN
    brought: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """A certified answer as it is stored, with the package that repeats it; both compressed, digests of the bytes inside."""

    allocation: Any
    data: bytes
    digest: str
    checks: list[dict[str, Any]]
    package: bytes
    package_digest: str
    package_size: int
    design: Design = PLAIN
    brought: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Placed:
    """One application's result. ``post`` and ``rank`` are empty for who got none."""

    application: int
    folio: str
    place: int
    post: int | None
    rank: int | None
    posts: Sequence[int]
    merit: Sequence[str]
    seat_class: str = ""
    reasons: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """How far one post reached; ``last`` is empty while it has a free seat."""

    post: int
    key: str
    seats: int
    taken: int
    listed: int
    last_place: int | None
    last_merit: Sequence[str]


def freeze(
    lists: Lists,
    offer: Offer,
    *,
    seed: str,
    commitment: str,
    beacon: str = "",
    design: Design = PLAIN,
    tiers: Mapping[int, Sequence[Sequence[int]]] | None = None,
) -> Frozen:
    """Return the engine's question for these lists and posts: folios and keys, nothing personal.

    ``beacon`` is what the call mixes into its lottery after closing, if it
    declares anything. ``design`` says how seats are shared out; ``tiers`` are
    the posts' own orders of application ids, by post id, where they bring
    their own.

    Raises ``CannotAsk`` for what contradicts itself: a list with a post that is
    not of the call, or a seed that is not the committed one.
    """
    if not design.is_plain:
        return _freeze_shared(
            lists, offer, seed=seed, commitment=commitment, beacon=beacon, design=design, tiers=tiers or {}
        )
    index = {post: at for at, post in enumerate(offer.ids)}
    try:
        choices = [index[post] for posts in lists.posts for post in posts]
    except KeyError as error:
        raise CannotAsk.strange(error.args[0]) from None
    import numpy as np  # noqa: PLC0415 - only workers need arrays

    try:
        question = engine.Question.from_columns(
            applicants=lists.folios,
            choice_counts=[len(posts) for posts in lists.posts],
            choices=np.array(choices, np.int64),
            posts=offer.keys,
            capacities=offer.seats,
            merit=list(zip(*lists.merit, strict=True)),
            lottery=engine.Lottery(seed, _commitment(commitment), beacon or None) if seed else None,
        )
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    canonical = question.canonical()
    return Frozen(question, zlib.compress(canonical, COMPRESSION), _digest(canonical))


def _freeze_shared(
    lists: Lists, offer: Offer, *, seed: str, commitment: str, beacon: str, design: Design, tiers: Any
) -> Frozen:
    try:
        question = engine.parse_question(
            question_document(
                lists, offer, seed=seed, commitment=commitment, beacon=beacon, design=design, tiers=tiers
            )
        )
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    canonical = question.canonical()
    compressed = zlib.compress(canonical, COMPRESSION)
    return Frozen(question, compressed, _digest(canonical), design, frozenset(tiers))


def question_document(
    lists: Lists,
    offer: Offer,
    *,
    seed: str,
    commitment: str,
    design: Design,
    beacon: str = "",
    tiers: Any = None,
) -> dict[str, Any]:
    """Return the question in the open format, with classes of seats, regions and posts' own orders.

    Raises ``CannotAsk`` for a list with a post that is not of the call.
    """
    key_of = dict(zip(offer.ids, offer.keys, strict=True))
    for posts in lists.posts:
        for post in posts:
            if post not in key_of:
                raise CannotAsk.strange(post)
    known = {one["key"] for one in design.groups}
    people = []
    for at, folio in enumerate(lists.folios):
        person: dict[str, Any] = {
            "id": folio, "choices": [key_of[post] for post in lists.posts[at]], "merit": list(lists.merit[at]),
        }  # fmt: skip
        groups = sorted(known.intersection(lists.groups[at])) if lists.groups else []
        people.append(person | ({"groups": groups} if groups else {}))
    caps = design.caps()
    orders = own_orders(lists, offer, design, tiers or {}) if design.has_own_orders else {}
    terms = [_post_terms(at, offer, design, caps, orders) for at in range(len(offer.ids))]
    states = {state for state, _site in offer.places}
    document: dict[str, Any] = {
        "format": "cauce-question/1",
        "mechanism": design.mechanism if design.has_own_orders else "serial",
        "applicants": people,
        "posts": terms,
        "regions": [
            {"id": state, "cap": cap, "rule": design.region_rule}
            for state, cap in caps.items()
            if state in states
        ],
    }
    if seed:
        document["lottery"] = {"seed": seed, "commitment": _commitment(commitment)}
        if beacon:
            document["lottery"]["beacon"] = beacon
    return document


def _post_terms(
    at: int, offer: Offer, design: Design, caps: Mapping[str, int], orders: Mapping[int, list[list[str]]]
) -> dict[str, Any]:
    post: dict[str, Any] = {"id": offer.keys[at], "capacity": offer.seats[at]}
    reserved, target, minimum = offer.shared[at]
    state = offer.places[at][0]
    if classes := classes_of(design, offer.seats[at], reserved):
        post["classes"] = [
            {"group": None if name == OPEN else name, "seats": seats} | ({"reverts_to": to} if to else {})
            for name, seats, to in classes
        ]
    if state in caps:
        post["region"] = state
        if target is not None:
            post["target"] = target
    if minimum:
        post["minimum"] = minimum
    if offer.ids[at] in orders:
        post["order"] = orders[offer.ids[at]]
    return post


def _commitment(text: str) -> str:
    return text if text.startswith("sha256:") else f"sha256:{text}"


def solve(frozen: Frozen, *, extra: Mapping[str, bytes]) -> Answer:
    """Solve, certify and package. Same question and same ``extra``: same bytes.

    Raises ``NotCertified`` when the certifier refuses the answer, ``CannotAsk``
    for what the engine does not answer.
    """
    try:
        allocation = engine.allocate(frozen.question)
    except engine.Uncertified as error:
        raise NotCertified(error.check.to_document()) from error
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    written = allocation.to_bytes()
    package = engine.build_package(frozen.question, allocation, extra=extra)
    return Answer(
        allocation,
        zlib.compress(written, COMPRESSION),
        _digest(written),
        [check.to_document() for check in allocation.checks],
        zlib.compress(package, COMPRESSION),
        _digest(package),
        len(package),
        frozen.design,
        frozen.brought,
    )


def digest_of(data: bytes) -> str:
    """Return the digest of a stored document, or the empty string when its bytes are no longer readable."""
    try:
        return _digest(zlib.decompress(data))
    except zlib.error:
        return ""


def opened(data: bytes) -> bytes:
    """Return the bytes of a stored document."""
    return zlib.decompress(data)


def first_difference(package: bytes) -> str:
    """Repeat a run from its stored package; say what differs first, or nothing when every byte is the same."""
    try:
        report = engine.verify_package(opened(package))
    except (ValueError, zlib.error) as error:
        return str(error) or type(error).__name__
    return "" if report.verified else report.line("es")


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------- rows


def placements(answer: Answer, lists: Lists, offer: Offer) -> Iterator[Placed]:
    """Yield every application's result, in order of merit."""
    question = answer.allocation.question
    ranked = engine.ordering(question)
    ids = _post_ids(question, offer)
    shared = _Shared(answer, lists, offer) if not answer.design.is_plain else None
    row_of = {folio: row for row, folio in enumerate(lists.folios)}
    posts = answer.allocation.post.tolist()
    for place, person in enumerate(ranked.order.tolist(), start=1):
        folio = question.applicants[person]
        row = row_of[folio]
        wanted = lists.posts[row]
        post = ids[posts[person]] if posts[person] >= 0 else None
        rank = None if post is None else wanted.index(post) + 1
        yield Placed(
            lists.applications[row], folio, place, post, rank, wanted, lists.merit[row],
            shared.seat_class(person) if shared else "", shared.reasons(person, row) if shared else (),
        )  # fmt: skip


def cuts(answer: Answer, lists: Lists, offer: Offer) -> Iterator[Cut]:
    """Yield how far each post reached."""
    question = answer.allocation.question
    place = engine.ordering(question).place
    ids = _post_ids(question, offer)
    merit_of = dict(zip(lists.folios, lists.merit, strict=True))
    taken = Counter(answer.allocation.post.tolist())
    listed = Counter(question.choices.tolist())
    lasts = _open_lasts(answer.allocation, answer.design)
    for at, (seats, last) in enumerate(zip(question.capacity.tolist(), lasts, strict=True)):
        admitted = last >= 0
        yield Cut(
            ids[at],
            question.posts[at],
            seats,
            taken[at],
            listed[at],
            int(place[last]) if admitted else None,
            merit_of[question.applicants[last]] if admitted else [],
        )


def _open_lasts(allocation: Any, design: Design) -> list[int]:
    """The last one admitted to the open seats of each post; -1 where a seat is left or one order of merit says nothing."""
    if design.is_plain:
        return list(allocation.last.tolist())
    lines = allocation.question.lines
    if design.has_own_orders:
        return [-1] * len(allocation.question.posts)
    found = [-1] * len(allocation.question.posts)
    rows = zip(lines.post.tolist(), lines.name.tolist(), allocation.last.tolist(), strict=True)
    for post, name, last in rows:
        if lines.names[name] == OPEN:
            found[post] = last
    return found


@dataclass(frozen=True, slots=True)
class ClassCut:
    """How far one class of seats of a post reached; ``last_folio`` is empty while it has a free seat."""

    post: int
    seat_class: str
    seats: int
    taken: int
    last_folio: str
    last_score: str


def class_cuts(answer: Answer, lists: Lists, offer: Offer) -> Iterator[ClassCut]:
    """Yield the cut-off of each class of each post; nothing where one order and plain seats decide alone."""
    if answer.design.is_plain:
        return
    allocation = answer.allocation
    question, lines = allocation.question, allocation.question.lines
    ids = _post_ids(question, offer)
    shared = _Shared(answer, lists, offer)
    taken = Counter(allocation.line.tolist())
    rows = zip(
        lines.post.tolist(), lines.name.tolist(), lines.seats.tolist(), allocation.last.tolist(), strict=True
    )
    for line, (post, name, seats, last) in enumerate(rows):
        yield ClassCut(
            ids[post], lines.names[name], seats, taken[line], question.applicants[last] if last >= 0 else "",
            shared.score_at(last, ids[post]) if last >= 0 else "",
        )  # fmt: skip


class Reason(NamedTuple):
    """What became of one wish where one order of merit does not decide alone.

    ``code`` is the engine's. For "behind": ``seat_class`` of the last one in
    the way, ``distance`` in places at that post, and what the order of the
    post compared: ``element`` (1-based; 0 the lottery, -1 a list that the post
    brought), ``mine`` and ``last``.
    """

    code: str
    seat_class: str = ""
    distance: int = 0
    element: int = 0
    mine: str = ""
    last: str = ""


class _Shared:
    """Reads an answer with classes, regions or own orders, person by person."""

    def __init__(self, answer: Answer, lists: Lists, offer: Offer) -> None:
        allocation, design = answer.allocation, answer.design
        self.allocation, self.lists = allocation, lists
        self.own = OwnValues(lists, offer, design)
        self.rows = {folio: row for row, folio in enumerate(lists.folios)}
        self.why = engine.explain_all(allocation.question, allocation)
        self.last = self.why.last
        self.classes = allocation.question.lines
        self.brought = answer.brought if design.has_own_orders else frozenset()

    def _row(self, person: int) -> int:
        return self.rows[self.allocation.question.applicants[person]]

    def class_of(self, line: int) -> str:
        return str(self.classes.names[self.classes.name[line]]) if line >= 0 else ""

    def seat_class(self, person: int) -> str:
        return self.class_of(int(self.allocation.line[person]))

    def score_at(self, person: int, post: int) -> str:
        """What the order of a post sees of somebody first; empty where the post brought a list."""
        row = self._row(person)
        if post in self.brought or not self.lists.merit[row] or post not in self.lists.posts[row]:
            return ""
        return f"{self.own.at(row, post)[0].normalize():f}"

    def reasons(self, person: int, row: int) -> list[Reason]:
        start = int(self.allocation.question.choice_start[person])
        found = []
        for at, post in enumerate(self.lists.posts[row], start=start):
            code = self.why.codes[int(self.why.code[at])]
            if code != "behind":
                found.append(Reason(code))
                continue
            other = int(self.last[at])
            name, distance = self.seat_class(other), int(self.why.distance[at])
            found.append(Reason(code, name, distance, *self._compared(row, post, other)))
        return found

    def _compared(self, row: int, post: int, other: int) -> tuple[int, str, str]:
        if post in self.brought:
            return -1, "", ""
        mine, theirs = self.own.at(row, post), self.own.at(self._row(other), post)
        for element, (have, need) in enumerate(zip(mine, theirs, strict=True), start=1):
            if have != need:
                return element, format(have, "f"), format(need, "f")
        return 0, "", ""


def minima(answer: Answer) -> list[dict[str, Any]]:
    """The minima that no answer without injustice meets, each with its post's key, proof and cost."""
    return list(answer.allocation.extra.get("minima", []))


def dropped(answer: Answer) -> int:
    """How many wishes the other side did not return."""
    return len(answer.allocation.dropped)


def _post_ids(question: Any, offer: Offer) -> list[int]:
    by_key = dict(zip(offer.keys, offer.ids, strict=True))
    return [by_key[key] for key in question.posts]


# ---------------------------------------------------------- tie-breaks, for pages


@dataclass(frozen=True, slots=True)
class Gap:
    """What separated a person from the last one admitted.

    ``element`` is the 1-based criterion, 0 the lottery; ``difference`` and
    ``enough`` are exact decimals; ``strictly`` says that more than ``enough``
    was needed.
    """

    element: int
    difference: str = ""
    mine: str = ""
    enough: str = ""
    strictly: bool = False


def gap(*, mine: Sequence[str], last: Sequence[str], seed: str, my_folio: str, last_folio: str) -> Gap:
    """Say what decided between one person and the last admitted before them, as the engine's ``explain`` does."""
    pairs = list(zip(map(Decimal, mine), map(Decimal, last), strict=True))
    for element, (have, need) in enumerate(pairs, start=1):
        if have != need:
            later = next((a > b for a, b in pairs[element:] if a != b), None)
            ahead = _drawn_before(seed, my_folio, last_folio) if later is None else later
            return Gap(element, format(need - have, "f"), mine[element - 1], last[element - 1], not ahead)
    return Gap(0)


def ticket(seed: str, folio: str) -> str:
    """Return a folio's number in the lottery of ``seed``, 64 hexadecimal digits; the smaller comes first.

    Here and below ``seed`` is the whole key: the seed, followed by the beacon where the call has one.
    """
    return engine.Lottery(seed=seed).ticket(folio)


def _drawn_before(seed: str, mine: str, last: str) -> bool:
    if not seed:
        return mine < last
    lottery = engine.Lottery(seed=seed)
    return (lottery.ticket(mine), mine) < (lottery.ticket(last), last)


# ------------------------------------------------------------------- rehearsals


def rehearse(lists: Lists, offer: Offer, design: Design, *, seed: str) -> list[int | None]:
    """Return the post that each person would get, certified like any answer; ``None`` for nothing.

    ``seed`` is a lottery of the rehearsal's own, never the call's. Raises ``CannotAsk``, ``NotCertified``.
    """
    frozen = freeze(lists, offer, seed=seed, commitment=engine.commitment_of(seed), design=design)
    try:
        places = engine.allocate(frozen.question).places()
    except engine.Uncertified as error:
        raise NotCertified(error.check.to_document()) from error
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    ids = dict(zip(offer.keys, offer.ids, strict=True))
    return [ids.get(places[folio] or "") for folio in lists.folios]


def merit_order(lists: Lists, offer: Offer, *, seed: str) -> list[int]:
    """Return the rows of ``lists`` in order of merit, ties by the lottery of ``seed``."""
    question = freeze(lists, offer, seed=seed, commitment=engine.commitment_of(seed)).question
    row_of = {folio: row for row, folio in enumerate(lists.folios)}
    return [row_of[question.applicants[person]] for person in engine.ordering(question).order.tolist()]
