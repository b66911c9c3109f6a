"""Questions and answers as columns, for millions of rows: the same content as the JSON form, the same digest.

A file has one column ``question`` (or ``answer``): JSON with all that is small; the rest are columns of numbers
and texts (docs/allocation.md lists them).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.explain import CODES, Explanations
from cauce_engine.faults import InvalidAnswer, InvalidQuestion, quoted
from cauce_engine.formats.canonical import post_fields, small_fields
from cauce_engine.formats.columns import MAGIC, Buffer, numbers, read_columns, text_column, texts, written
from cauce_engine.formats.documents import (
    completed,
    groups_of,
    lottery_of,
    object_of,
    read_json,
    refuse_unknown,
    rows_of,
)
from cauce_engine.problems import FORMAT, Merit, Orders, Question, inverse, moved_rows
from cauce_engine.results import NO_SEATS, Allocation

COLUMNS = ".cauce"
"""The extension of files of columns; reading goes by their first bytes instead."""

_LARGEST_HEAD = 64 * 2**20
_MOST_ELEMENTS = 64
_HEAD = {
    "format", "mechanism", "posts", "couples", "regions", "lottery", "options", "log", "shares", "merit", "groups",
}  # fmt: skip
_COLUMNS = {
    "question", "applicants", "choice_counts", "choices", "posts", "capacities", "group_applicants", "group_names",
    "order_counts", "order_applicants", "order_levels", "order_inner",
}  # fmt: skip


class _Table:
    """The columns of a file, each asked for by name; remembers which were."""

    def __init__(self, data: Any) -> None:
        self._columns = read_columns(data, InvalidQuestion)
        unknown = sorted(
            self._columns.keys() - _COLUMNS - {f"merit_{k}" for k in range(1, _MOST_ELEMENTS + 1)}
        )
        if unknown:
            raise InvalidQuestion(unknown[0], "is not a column of the format")

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def get(self, name: str) -> NDArray[Any]:
        if name not in self._columns:
            raise InvalidQuestion(name, "is missing")
        return self._columns[name]

    def numbers(self, name: str) -> NDArray[Any]:
        return numbers(self.get(name), name, InvalidQuestion)

    def indices(self, name: str, size: int) -> NDArray[np.int32]:
        found = self.numbers(name)
        if len(found) and not 0 <= int(found.min()) <= int(found.max()) < size:
            at = int(np.flatnonzero((found < 0) | (found >= size))[0])
            raise InvalidQuestion(
                f"{name}[{at}]",
                "{value} is outside {least} to {most}",
                value=int(found[at]),
                least=0,
                most=size - 1,
            )
        return found.astype(np.int32)

    def texts(self, name: str) -> list[str]:
        return texts(self.get(name), name, InvalidQuestion)


def question_of(data: Any) -> Question:
    """Read a question from a file of columns; `InvalidQuestion` whatever is wrong with it."""
    table = _Table(data)
    head = table.get("question")
    if head.dtype != np.uint8 or len(head) > _LARGEST_HEAD:
        raise InvalidQuestion("question", "is not JSON as a column of bytes")
    document = object_of(read_json(head.tobytes(), InvalidQuestion), "question")
    refuse_unknown(document, _HEAD, "question")
    if document.get("format") != FORMAT:
        found, wanted = quoted(document.get("format")), quoted(FORMAT)
        raise InvalidQuestion("format", "{format} is not {value}", format=found, value=wanted)
    applicants, posts = table.texts("applicants"), table.texts("posts")
    capacities = table.numbers("capacities")
    mechanism = document.get("mechanism")
    question = Question.from_columns(
        mechanism=mechanism if isinstance(mechanism, str) else "",
        applicants=applicants,
        choice_counts=_counts(table, "choice_counts", len(applicants)),
        choices=table.numbers("choices"),
        posts=posts,
        capacities=capacities,
        merit=_elements(table, rows_of(document, "merit"), len(applicants)),
        lottery=lottery_of(document.get("lottery")),
        groups=_groups(table, document, len(applicants)),
        options=object_of(document.get("options"), "options"),
    )
    question = completed(question, document, _post_rows(rows_of(document, "posts"), posts, capacities))
    return replace(question, orders=_orders(table, question, applicants, posts))


def _counts(table: _Table, name: str, size: int, least: int = 0) -> NDArray[np.int64]:
    counts = table.numbers(name).astype(np.int64)
    if len(counts) != size:
        raise InvalidQuestion(name, "has {count} numbers; {size} are needed", count=len(counts), size=size)
    if size and (int(counts.min()) < least or int(counts.max()) > 2**31):
        raise InvalidQuestion(name, "holds a number that cannot be a count")
    return counts


def _elements(table: _Table, stated: list[Any], size: int) -> list[Any]:
    """Merit by element: whole numbers, whole numbers with declared decimals, or exact decimals as text."""
    elements: list[Any] = []
    while f"merit_{len(elements) + 1}" in table:
        name = f"merit_{len(elements) + 1}"
        column = table.get(name)
        if len(column) != size:
            raise InvalidQuestion(
                name, "has {count} numbers; {size} are needed", count=len(column), size=size
            )
        row = object_of(stated[len(elements)], "merit") if len(elements) < len(stated) else {}
        refuse_unknown(row, {"decimals"}, "merit")
        decimals = row.get("decimals")
        if decimals is not None and (not isinstance(decimals, int) or not 0 <= decimals <= 18):
            raise InvalidQuestion("merit", "decimals are a whole number from 0 to 18")
        if column.dtype.kind in "SU":
            elements.append([text or None for text in table.texts(name)])
        else:
            elements.append(_exact(table.numbers(name), decimals))
    if len(stated) > len(elements):
        raise InvalidQuestion("merit", "speaks of a column that is not there")
    return elements


def _exact(column: NDArray[Any], decimals: int | None) -> Merit:
    """Whole numbers, the last ``decimals`` digits after the point."""
    least = int(column.min(initial=0)) if len(column) else 0
    span = (int(column.max()) - least + 1) if len(column) else 0
    if span <= 4 * len(column) + 1000:
        offset = (column.astype(np.int64) - least).astype(np.int32)
        used = np.zeros(span, np.bool_)
        used[offset] = True
        values: list[int] = (np.flatnonzero(used) + least).tolist()
        codes = (np.cumsum(used, dtype=np.int32) - np.int32(1))[offset]
    else:
        distinct, places = np.unique(column, return_inverse=True)
        values, codes = distinct.tolist(), places.astype(np.int32)
    shown = tuple(values) if decimals is None else tuple(_decimal(value, decimals) for value in values)
    return Merit(codes, shown, np.arange(len(values), dtype=np.int64))


def _decimal(value: int, decimals: int) -> str:
    digits = str(abs(value)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return ("-" if value < 0 else "") + whole + ("." + fraction if decimals else "")


def _groups(table: _Table, document: Mapping[str, Any], size: int) -> dict[int, tuple[str, ...]]:
    names = rows_of(document, "groups")
    if "group_applicants" not in table and "group_names" not in table:
        return {}
    people, which = table.indices("group_applicants", size), table.indices("group_names", len(names))
    if len(people) != len(which):
        raise InvalidQuestion(
            "group_names", "has {count} numbers; {size} are needed", count=len(which), size=len(people)
        )
    listed: dict[int, list[str]] = {}
    for person, name in zip(people.tolist(), which.tolist(), strict=True):
        listed.setdefault(person, []).append(names[name])
    return {person: groups_of(found, f"applicants[{person}].groups") for person, found in listed.items()}


def _post_rows(rows: list[Any], posts: list[str], capacities: NDArray[Any]) -> list[Any]:
    """The posts that say more than their capacity, with it."""
    at = {post: index for index, post in enumerate(posts)}
    complete = []
    for index, row in enumerate(rows):
        refuse_unknown(row, {"id", "classes", "region", "target", "minimum", "shares"}, f"posts[{index}]")
        name = row.get("id")
        if not isinstance(name, str) or name not in at:
            raise InvalidQuestion(f"posts[{index}].id", "post {post} is not declared", post=quoted(name))
        complete.append({**row, "capacity": int(capacities[at[name]])})
    return complete


def _orders(table: _Table, question: Question, applicants: list[str], posts: list[str]) -> Orders | None:
    if "order_counts" not in table:
        return None
    if question.mechanism != "stable":
        problem = 'the mechanism "{mechanism}" has one order for all, by merit'
        raise InvalidQuestion("order_counts", problem, mechanism=question.mechanism)
    counts = _counts(table, "order_counts", len(posts), -1)
    people = table.indices("order_applicants", len(applicants))
    given, length = counts >= 0, np.maximum(counts, 0)
    if int(length.sum()) != len(people):
        raise InvalidQuestion(
            "order_applicants",
            "has {count} numbers; {size} are needed",
            count=len(people),
            size=int(length.sum()),
        )
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(length, out=start[1:])
    _refuse_twice(people, start, len(applicants))
    level, inner = _ties(table, start, len(people))
    people = _indices_of(applicants, question.applicants)[people].astype(np.int32)
    place = _indices_of(posts, question.posts)
    order = inverse(place)
    moved, people = moved_rows(start, people, order)
    return Orders(
        moved, people, moved_rows(start, level, order)[1], given[order], moved_rows(start, inner, order)[1]
    )


def _refuse_twice(people: NDArray[np.int32], start: NDArray[np.int64], size: int) -> None:
    owner = np.repeat(np.arange(len(start) - 1, dtype=np.int64), np.diff(start))
    key = np.sort(owner * size + people)
    twice = np.flatnonzero(key[1:] == key[:-1])
    if len(twice):
        post, person = divmod(int(key[twice[0]]), size)
        raise InvalidQuestion(
            f"order_applicants (posts[{post}])", "{number} is twice in the order of one post", number=person
        )


def _ties(table: _Table, start: NDArray[np.int64], size: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Levels within each order, from 0 without gaps, and which entries stand in an inner list."""
    strict = (np.arange(size) - np.repeat(start[:-1], np.diff(start))).astype(np.int32)
    if "order_levels" not in table:
        return strict, np.zeros(size, np.bool_)
    level = table.numbers("order_levels")
    first = strict == 0
    step = np.diff(level.astype(np.int64), prepend=0)
    sound = len(level) == size and bool(((level[first] == 0).all()) and np.isin(step[~first], (0, 1)).all())
    if not sound:
        raise InvalidQuestion("order_levels", "does not count each order's levels from 0 without gaps")
    kept = level.astype(np.int32)
    tied = np.zeros(size, np.bool_)
    again = np.flatnonzero(~first & (step == 0))
    tied[again] = True
    tied[again - 1] = True
    if "order_inner" not in table:
        return kept, tied
    inner = table.get("order_inner")
    if inner.dtype != np.bool_ or len(inner) != size or (tied & ~inner).any():
        raise InvalidQuestion("order_inner", "does not mark every entry that is tied")
    return kept, inner.copy()


def _indices_of(listed: list[str], known: tuple[str, ...]) -> NDArray[np.int64]:
    """Where each listed identifier stands among the sorted ones."""
    if len(listed) == len(known) and all(map(str.__eq__, listed, known)):
        return np.arange(len(known))
    index = {name: at for at, name in enumerate(known)}
    return np.fromiter(map(index.__getitem__, listed), np.int64, len(listed))


def question_in_columns(question: Question) -> list[Buffer]:
    """The question as a file of columns; ValueError where an identifier has no columnar form."""
    head = {name: json.loads(text) for name, text in small_fields(question).items()}
    rows = [
        {name: json.loads(text) for name, text in post_fields(question.posts[at], 0, terms).items()}
        for at, terms in question.terms.items()
    ]
    if rows:
        head["posts"] = [{name: value for name, value in row.items() if name != "capacity"} for row in rows]
    columns: dict[str, NDArray[Any]] = {
        "applicants": text_column(question.applicants),
        "choice_counts": np.diff(question.choice_start).astype(np.int32),
        "choices": question.choices,
        "posts": text_column(question.posts),
        "capacities": question.capacity.astype(np.int32),
    }
    for at, element in enumerate(question.merit, start=1):
        columns[f"merit_{at}"] = _merit_column(element)
    if question.groups:
        head["groups"] = sorted({name for listed in question.groups.values() for name in listed})
        index = {name: at for at, name in enumerate(head["groups"])}
        pairs = [(person, index[name]) for person, listed in question.groups.items() for name in listed]
        columns["group_applicants"], columns["group_names"] = np.array(pairs, np.int32).T
    if question.orders is not None:
        orders = question.orders
        columns["order_counts"] = np.where(orders.given, np.diff(orders.start), -1).astype(np.int32)
        columns["order_applicants"] = orders.applicant
        if orders.inner.any():
            columns["order_levels"], columns["order_inner"] = orders.level, orders.inner
    return written({"question": _json(head), **columns})


def _merit_column(element: Merit) -> NDArray[Any]:
    """Whole numbers where all values are JSON numbers that fit, else texts; empty where there is no merit."""
    whole = all(isinstance(value, int) and abs(value) < 2**62 for value in element.texts)
    if whole and len(element.texts) and not (element.codes < 0).any():
        return np.array(element.texts, np.int64)[element.codes]
    return np.array([*map(str, element.texts), ""], "S")[element.codes]


def _json(document: Mapping[str, Any]) -> NDArray[np.uint8]:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return np.frombuffer(text.encode("utf-8"), np.uint8)


def answer_in_columns(answer: Allocation, explanations: Explanations | None = None) -> list[Buffer]:
    """The answer as a file of columns, with the explanations of every wish if they are given."""
    question, lines = answer.question, answer.question.lines
    codes = CODES if explanations is None else explanations.codes
    head = {**answer.facts(), "classes": list(lines.names), "codes": list(codes)}
    columns: dict[str, NDArray[Any]] = {
        "applicants": text_column(question.applicants),
        "posts": text_column(question.posts),
        "places": answer.post,
    }
    if lines.several:
        columns["seats"] = np.where(answer.line >= 0, lines.name[answer.line], np.int32(-1))
    if answer.last is not None:
        stated = np.flatnonzero(answer.last != NO_SEATS)
        columns["cutoff_posts"], columns["cutoff_classes"] = lines.post[stated], lines.name[stated]
        columns["cutoff_last"] = answer.last[stated]
    if explanations is not None:
        columns["choice_counts"] = np.diff(question.choice_start).astype(np.int32)
        columns["codes"], columns["elements"] = explanations.code, explanations.element
        columns["distances"] = explanations.distance
        if explanations.tied is not None:
            columns["tied"] = explanations.tied
    return written({"answer": _json(head), **columns})


def read_answer(data: Any) -> Any:
    """The document of an answer of any origin, JSON or columns; `InvalidAnswer` whatever is wrong with it."""
    return answer_document(data) if data[:4] == MAGIC else read_json(data, InvalidAnswer)


def answer_document(data: Any) -> dict[str, Any]:
    """The answer in a file of columns as the document that its JSON form would hold; `InvalidAnswer`."""
    columns = read_columns(data, InvalidAnswer)
    for name in ("answer", "applicants", "posts", "places"):
        if name not in columns:
            raise InvalidAnswer(name, "is missing")
    head = columns["answer"]
    if head.dtype != np.uint8 or len(head) > _LARGEST_HEAD:
        raise InvalidAnswer("answer", "is not JSON as a column of bytes")
    document = read_json(head.tobytes(), InvalidAnswer)
    if not isinstance(document, dict):
        raise InvalidAnswer("answer", "{value} is not an object", value=quoted(document))
    document.pop("codes", None)
    classes = document.pop("classes", None) or []
    applicants, posts = (texts(columns[name], name, InvalidAnswer) for name in ("applicants", "posts"))
    places = _within(columns, "places", len(posts))
    if len(places) != len(applicants) or len(set(applicants)) != len(applicants):
        raise InvalidAnswer("places", "does not give one place for each of different applicants")
    named: list[str | None] = [*posts, None]
    document["places"] = dict(zip(applicants, map(named.__getitem__, places.tolist()), strict=True))
    if "seats" in columns:
        seats = _within(columns, "seats", len(classes)).tolist()
        document["seats"] = {a: classes[k] for a, k in zip(applicants, seats, strict=False) if k >= 0}
    if "cutoff_last" in columns:
        table: dict[str, dict[str, str | None]] = {post: {} for post in posts}
        of = _within(columns, "cutoff_posts", len(posts)).tolist()
        kind = _within(columns, "cutoff_classes", len(classes)).tolist()
        last = _within(columns, "cutoff_last", len(applicants)).tolist()
        if not len(of) == len(kind) == len(last) or min([*of, *kind], default=0) < 0:
            raise InvalidAnswer("cutoff_last", "does not give one person for each line")
        for post, name, person in zip(of, kind, last, strict=True):
            table[posts[post]][str(classes[name])] = None if person < 0 else applicants[person]
        document["cutoffs"] = table
    return document


def _within(columns: Mapping[str, NDArray[Any]], name: str, size: int) -> NDArray[Any]:
    if name not in columns:
        raise InvalidAnswer(name, "is missing")
    found = numbers(columns[name], name, InvalidAnswer)
    if len(found) and not -1 <= int(found.min()) <= int(found.max()) < size:
        at = int(np.flatnonzero((found < -1) | (found >= size))[0])
        raise InvalidAnswer(
            f"{name}[{at}]",
            "{value} is outside {least} to {most}",
            value=int(found[at]),
            least=-1,
            most=size - 1,
        )
    return found
