"""The one canonical form of a question: JSON in UTF-8, keys and collections sorted, no spaces.

Lists, orders and classes stand as given; what says nothing (an empty collection) is left out. Its SHA-256
names the question, so it is written in parts: nobody needs the whole of it in memory.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cauce_engine.scale import compiled_pays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from cauce_engine.problems import Couple, Orders, PostTerms, Question, Share

FORMAT = "cauce-question/1"
_PART = 16_000
"""People written at once."""


def parts(question: Question) -> Iterator[bytes]:
    """The canonical form, piece by piece."""
    yield b'{"applicants":['
    if compiled_pays(len(question.choices)):
        yield from people_at_once(question)
    else:
        yield _applicants(question)
    yield b"]"
    fields = small_fields(question)
    for name in sorted({*fields, "posts"}):
        yield f',"{name}":'.encode()
        if name == "posts":
            yield b"["
            yield from _posts(question)
            yield b"]"
        else:
            yield fields[name].encode()
    yield b"}"


def text_of(value: object) -> str:
    """A value as canonical JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


escaped = json.encoder.encode_basestring


def small_fields(question: Question) -> dict[str, str]:
    """Everything but the two large collections."""
    fields = {"format": text_of(FORMAT), "mechanism": text_of(question.mechanism)}
    if question.couples:
        fields["couples"] = text_of([_couple(question, couple) for couple in question.couples])
    if question.log:
        posts = (*question.posts, None)
        turns = [{"applicant": question.applicants[a], "post": posts[p]} for a, p in question.log]
        fields["log"] = text_of(turns)
    if question.lottery is not None:
        fields["lottery"] = text_of(question.lottery.to_document())
    if question.options:
        fields["options"] = text_of(dict(question.options))
    if question.regions:
        fields["regions"] = text_of([{"id": r.id, "cap": r.cap, "rule": r.rule} for r in question.regions])
    if question.shares:
        fields["shares"] = text_of(_shares(question.shares))
    return fields


def _shares(shares: tuple[Share, ...]) -> list[dict[str, Any]]:
    return [{"group": share.group, "percent": share.percent} for share in shares]


def _couple(question: Question, couple: Couple) -> dict[str, Any]:
    pairs = [[None if p < 0 else question.posts[p] for p in pair] for pair in couple.choices.tolist()]
    members = [question.applicants[member] for member in couple.members]
    return {"id": couple.id, "members": members, "choices": pairs}


def _applicants(question: Question) -> bytes:
    """The applicants as JSON objects with commas between them."""
    names = [text_of(post) for post in question.posts]
    wishes = list(map(names.__getitem__, question.choices.tolist()))
    rows = zip(pairwise(question.choice_start.tolist()), _tails(question), strict=True)
    return ",".join(['{"choices":[' + ",".join(wishes[a:b]) + tail for (a, b), tail in rows]).encode()


def _tails(question: Question) -> list[str]:
    """What stands after the wishes of each applicant."""
    groups = [""] * len(question.applicants)
    for index, listed in question.groups.items():
        groups[index] = ',"groups":' + text_of(sorted(listed))
    tails = [f'],"id":{name}' for name in map(escaped, question.applicants)]
    if question.groups:
        tails = [f"]{group}{tail[1:]}" for group, tail in zip(groups, tails, strict=True)]
    if not question.merit:
        return [tail + "}" for tail in tails]
    columns = []
    for merit in question.merit:
        texts = [*map(text_of, merit.texts), ""]
        columns.append(list(map(texts.__getitem__, merit.codes.tolist())))
    lists = map(",".join, zip(*columns, strict=True))
    return [
        f'{tail},"merit":[{values}]}}' if code >= 0 else tail + "}"
        for tail, values, code in zip(tails, lists, question.merit[0].codes.tolist(), strict=True)
    ]


def people_at_once(question: Question) -> Iterator[bytes]:
    """The same, compiled."""
    from cauce_engine.formats.writing_loops import people  # noqa: PLC0415 - only large questions compile

    size, posts = len(question.applicants), len(question.posts)
    pieces, tails = _tails_in_pieces(question)
    tables = (
        _quoted(question.posts),
        _texts(pieces),
        _names(question.applicants),
    )
    text = np.frombuffer(b"".join([table for table, _ in tables]) + bytes(16), np.uint8)
    lengths = [np.diff(begins) for _, begins in tables]
    start = np.zeros(sum(map(len, lengths)) + 1, np.int64)
    np.cumsum(np.concatenate(lengths), out=start[1:])
    tails[tails >= 0] += posts
    tails[:, 1] = np.arange(posts + len(pieces), posts + len(pieces) + size)
    post, piece, name = (int(length.max(initial=0)) for length in lengths)
    out = np.empty(0, np.uint8)
    for first in range(0, size, _PART):
        last = min(first + _PART, size)
        wishes = int(question.choice_start[last] - question.choice_start[first])
        room = wishes * post + (last - first) * (piece * tails.shape[1] + name) + 16
        if len(out) < room:
            out = np.empty(room, np.uint8)
        written = people(
            first, last, question.choice_start, question.choices, text, start, posts, tails, out
        )  # fmt: skip
        yield bytes(out.data[: int(written) - (last == size)])


def _tails_in_pieces(question: Question) -> tuple[list[str], NDArray[np.int32]]:
    """Texts, and which of them follow each person's list (-1: none). Column 1 is left for the identifier.

    Text 0 opens an applicant.
    """
    elements = len(question.merit)
    pieces = ['{"choices":[', '],"id":"', '"},']
    tails = np.full((len(question.applicants), max(3, 2 + elements)), -1, np.int32)
    tails[:, 0], tails[:, 2] = 1, 2
    known: dict[tuple[str, ...], int] = {}
    for index, listed in question.groups.items():
        tails[index, 0] = known.setdefault(listed, len(pieces) + len(known))
    pieces += [f'],"groups":{text_of(sorted(listed))},"id":"' for listed in known]
    for at, element in enumerate(question.merit):
        head, tail = '","merit":[' if at == 0 else ",", "]}," if at + 1 == elements else ""
        has = element.codes >= 0
        tails[has, 2 + at] = element.codes[has] + len(pieces)
        pieces += [head + text_of(value) + tail for value in element.texts]
    return pieces, tails


def _texts(values: Iterable[str]) -> tuple[bytes, NDArray[np.int64]]:
    """Texts in UTF-8 one after another, and where each begins."""
    encoded = [value.encode() for value in values]
    start = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(list(map(len, encoded)), out=start[1:])
    return b"".join(encoded), start


def _quoted(identifiers: tuple[str, ...]) -> tuple[bytes, NDArray[np.int64]]:
    """Identifiers as JSON, each with a comma after it."""
    whole = "".join(identifiers)
    if not whole.isascii() or len(escaped(whole)) != len(whole) + 2:
        return _texts(escaped(identifier) + "," for identifier in identifiers)
    start = np.zeros(len(identifiers) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, identifiers), np.int64, len(identifiers)) + 3, out=start[1:])
    return ('"' + '","'.join(identifiers) + '",').encode(), start


def _names(identifiers: tuple[str, ...]) -> tuple[bytes, NDArray[np.int64]]:
    """Identifiers as they stand between quotes."""
    whole = "".join(identifiers)
    if not whole.isascii() or len(escaped(whole)) != len(whole) + 2:
        return _texts(escaped(identifier)[1:-1] for identifier in identifiers)
    start = np.zeros(len(identifiers) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, identifiers), np.int64, len(identifiers)), out=start[1:])
    return whole.encode(), start


def _posts(question: Question) -> Iterator[bytes]:
    """The posts as JSON objects with commas between them."""
    from cauce_engine.problems import PostTerms  # noqa: PLC0415 - problems imports this module

    bare, orders = PostTerms(), question.orders
    order_of = _order_writer(question, orders) if orders is not None else None
    rows: list[bytes] = []
    for index, (post, seats) in enumerate(zip(question.posts, question.capacity.tolist(), strict=True)):
        terms = question.terms.get(index)
        if terms is None and orders is None:
            rows.append(b'{"capacity":%d,"id":%b}' % (seats, escaped(post).encode()))
        else:
            fields = post_fields(post, seats, bare if terms is None else terms)
            if order_of is not None and orders is not None and orders.given[index]:
                fields["order"] = order_of(index)
            row = b",".join([b'"%b":%b' % (name.encode(), fields[name]) for name in sorted(fields)])
            rows.append(b"{%b}" % row)
        if len(rows) == _PART:
            yield b",".join(rows) + (b"," if index + 1 < len(question.posts) else b"")
            rows = []
    yield b",".join(rows)


def post_fields(post: str, seats: int, terms: PostTerms) -> dict[str, bytes]:
    """The fields of a post but its order, each as JSON."""
    fields = {"id": escaped(post).encode(), "capacity": b"%d" % seats}
    document: dict[str, Any] = {}
    if terms.classes:
        document["classes"] = [
            {"group": c.group, "seats": c.seats}
            | ({} if c.reverts_to is None else {"reverts_to": c.reverts_to})
            for c in terms.classes
        ]
    if terms.shares:
        document["shares"] = _shares(terms.shares)
    for name in ("region", "target", "minimum"):
        value = getattr(terms, name)
        if value is not None:
            document[name] = value
    return fields | {name: text_of(value).encode() for name, value in document.items()}


def _order_writer(question: Question, orders: Orders) -> Any:
    """A function that writes the order of one post."""
    if compiled_pays(len(orders.applicant)) and not orders.inner.any():
        from cauce_engine.formats.writing_loops import listed  # noqa: PLC0415 - only large questions compile

        packed, start = _quoted(question.applicants)
        text = np.frombuffer(packed + bytes(16), np.uint8)
        widest = int(np.diff(start).max(initial=0))

        def write(index: int) -> bytes:
            first, last = int(orders.start[index]), int(orders.start[index + 1])
            out = np.empty((last - first) * widest + 16, np.uint8)
            size = listed(orders.applicant, first, last, text, start, out, np.uint64(0))
            return b"[" + bytes(out.data[: max(int(size) - 1, 0)]) + b"]"

        return write
    names = list(map(escaped, question.applicants))
    return lambda index: _order(orders, index, names).encode()


def _order(orders: Orders, index: int, names: list[str]) -> str:
    rows = slice(int(orders.start[index]), int(orders.start[index + 1]))
    listed = map(names.__getitem__, orders.applicant[rows].tolist())
    if not orders.inner[rows].any():
        return "[" + ",".join(listed) + "]"
    written: list[str] = []
    last = -1
    entries = zip(listed, orders.level[rows].tolist(), orders.inner[rows].tolist(), strict=True)
    for name, level, inner in entries:
        if inner and level == last:
            written[-1] = written[-1][:-1] + f",{name}]"
        else:
            written.append(f"[{name}]" if inner else name)
        last = level
    return "[" + ",".join(written) + "]"
