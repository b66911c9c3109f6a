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
from typing import Any

import cauce_engine as engine

ENGINE_VERSION = engine.__version__
COMPRESSION = (
    1  # a question of 50,000 lists shrinks to a fifth in a tenth of a second; higher levels cost seconds
)


class CannotAsk(Exception):
    """The rows are no question that the engine can answer; the text says where and why, for a person."""


class NotCertified(Exception):
    """The certifier refused the answer. ``check`` is the first property that fails, as a document."""

    def __init__(self, check: dict[str, Any]) -> None:
        super().__init__(f"{check['name']}: {check['witness']}")
        self.check = check


@dataclass(frozen=True, slots=True)
class Lists:
    """What people sent, in columns: parallel, one entry for each application. ``posts`` are ids, best first."""

    applications: Sequence[int]
    folios: Sequence[str]
    merit: Sequence[Sequence[str]]
    posts: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a call offers, in columns: parallel, one entry for each post."""

    ids: Sequence[int]
    keys: Sequence[str]
    seats: Sequence[int]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A question as it is stored: ``data`` compressed, ``digest`` of the canonical bytes."""

    question: Any
    data: bytes
    digest: str


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


def freeze(lists: Lists, offer: Offer, *, seed: str, commitment: str) -> Frozen:
    """Return the engine's question for these lists and posts: folios and keys, nothing personal.

    Raises ``CannotAsk`` for what contradicts itself: a list with a post that is
    not of the call, or a seed that is not the committed one.
    """
    index = {post: at for at, post in enumerate(offer.ids)}
    try:
        choices = [index[post] for posts in lists.posts for post in posts]
    except KeyError as error:
        raise CannotAsk(f"post {error.args[0]}") from None
    import numpy as np  # noqa: PLC0415 - only workers need arrays

    try:
        question = engine.Question.from_columns(
            applicants=lists.folios,
            choice_counts=[len(posts) for posts in lists.posts],
            choices=np.array(choices, np.int64),
            posts=offer.keys,
            capacities=offer.seats,
            merit=list(zip(*lists.merit, strict=True)),
            lottery=engine.Lottery(seed=seed, commitment=_commitment(commitment)) if seed else None,
        )
    except engine.InvalidQuestion as error:
        raise CannotAsk(str(error)) from error
    canonical = question.canonical()
    return Frozen(question, zlib.compress(canonical, COMPRESSION), _digest(canonical))


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
        raise CannotAsk(str(error)) from error
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


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------- rows


def placements(answer: Answer, lists: Lists, offer: Offer) -> Iterator[Placed]:
    """Yield every application's result, in order of merit."""
    question = answer.allocation.question
    ranked = engine.ordering(question)
    ids = _post_ids(question, offer)
    row_of = {folio: row for row, folio in enumerate(lists.folios)}
    posts = answer.allocation.post.tolist()
    for place, person in enumerate(ranked.order.tolist(), start=1):
        folio = question.applicants[person]
        row = row_of[folio]
        wanted = lists.posts[row]
        post = ids[posts[person]] if posts[person] >= 0 else None
        rank = None if post is None else wanted.index(post) + 1
        yield Placed(lists.applications[row], folio, place, post, rank, wanted, lists.merit[row])


def cuts(answer: Answer, lists: Lists, offer: Offer) -> Iterator[Cut]:
    """Yield how far each post reached."""
    question = answer.allocation.question
    place = engine.ordering(question).place
    ids = _post_ids(question, offer)
    merit_of = dict(zip(lists.folios, lists.merit, strict=True))
    taken = Counter(answer.allocation.post.tolist())
    listed = Counter(question.choices.tolist())
    for at, (seats, last) in enumerate(
        zip(question.capacity.tolist(), answer.allocation.last.tolist(), strict=True)
    ):
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


def _drawn_before(seed: str, mine: str, last: str) -> bool:
    if not seed:
        return mine < last
    lottery = engine.Lottery(seed=seed)
    return (lottery.ticket(mine), mine) < (lottery.ticket(last), last)
