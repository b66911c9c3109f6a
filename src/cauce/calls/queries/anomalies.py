"""A look over all the scores of a call, and the pages that show what it found. Only the worker takes the look."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import AnomalyReport, Application, ApplicationState, Call, ReviewKind, ScoreReview
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules import anomalies as find
from cauce.calls.rules import second_look

PER_PAGE = 50
MOST_PAIRS = 2000  # of one kind: beyond, the file is wrong, not the people
MOST_ROOMS = 100


class Flag(NamedTuple):
    """Something to look at: whose application, whose else, and what is seen."""

    kind: str
    application: int
    other: int | None
    sentence: str


@dataclass(slots=True)
class Look:
    """What a look found. ``basis`` is the digest of all that was looked at; ``facts`` hold no person."""

    basis: str
    people: int
    flags: list[Flag] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class _Row(NamedTuple):
    pk: int
    folio: str
    merit: list[str]
    given: str
    first: str
    second: str
    born: Any
    room: str | None
    answers: str | None


def look_over(call: Call) -> Look:
    """Look over everybody of a call who has not withdrawn, in one query; made for 45,000 people."""
    rows = [
        _Row._make(values)
        for values in Application.objects.filter(call=call)
        .exclude(state=ApplicationState.WITHDRAWN)
        .order_by("folio")
        .values_list(
            "pk", "folio", "merit", "person__given_names", "person__first_surname", "person__second_surname",
            "person__birth_date", "answer_sheet__room", "answer_sheet__answers",
        )
    ]  # fmt: skip
    seated = [row for row in rows if row.answers and len(row.answers) == len(call.answer_key)]
    look = Look(_basis(call, rows), len(rows))
    look.flags += _of_values(call, rows, seated)
    look.flags += _of_people(rows)
    copied = find.copied(
        [str(row.room) for row in seated], [str(row.answers) for row in seated], call.answer_key
    )
    look.flags += _of_answers(seated, copied)
    rooms = _rooms(call, seated)
    look.facts = {
        "columns": [
            {"label": label, "bins": find.histogram([value for _pk, value in column])}
            for label, _declared, column in _columns(call, rows)
        ],
        "rooms": [[room.name, room.people, room.tenths] for room in rooms[:MOST_ROOMS]],
        "room_count": len({row.room for row in seated}),
        "sheets": len(seated),
        "pairs": len(copied),
        "counts": Counter(flag.kind for flag in look.flags),
    }
    return look


def _basis(call: Call, rows: list[_Row]) -> str:
    digest = hashlib.sha256(call.answer_key.encode())
    for row in rows:
        digest.update(json.dumps([row.folio, row.merit, row.room, row.answers], ensure_ascii=False).encode())
    return digest.hexdigest()


def _columns(call: Call, rows: list[_Row]) -> list[tuple[str, bool, list[tuple[int, str]]]]:
    """Each criterion: its name, whether people declare it themselves, and its values by the place of the row."""
    return [
        (
            str(each["label"]), bool(each.get("declared")),
            [(at, row.merit[place]) for at, row in enumerate(rows) if len(row.merit) > place and row.merit[place]],
        )
        for place, each in enumerate(call.score_criteria)
    ]  # fmt: skip


def _of_values(call: Call, rows: list[_Row], seated: list[_Row]) -> Iterator[Flag]:
    columns = _columns(call, rows)
    if seated:
        place_of = {row.pk: at for at, row in enumerate(rows)}
        right = find.right_answers([str(row.answers) for row in seated], call.answer_key)
        marks = [(place_of[row.pk], str(count)) for row, count in zip(seated, right, strict=True)]
        columns.append((_("Aciertos de la hoja"), True, marks))
    # What people declare, and what their sheets say, is the record that loaded scores are held against.
    for (one, is_told, first), (two, is_also, second) in combinations(columns, 2):
        theirs = dict(second)
        both = [(at, value, theirs[at]) for at, value in first if at in theirs]
        x, _places = find.scaled([value for _at, value, _other in both])
        y, _places = find.scaled([value for _at, _value, value in both])
        kind = ReviewKind.RECORD if is_told or is_also else ReviewKind.SCORES
        for each in find.far(x, y):
            at, a, b = both[each.at]
            yield Flag(kind, rows[at].pk, None, find.far_sentence(one, a, two, b, each.tenths))


def _of_people(rows: list[_Row]) -> Iterator[Flag]:
    people = [find.Who(f"{row.given} {row.first} {row.second}", row.born) for row in rows]
    for pair in find.alike(people)[:MOST_PAIRS]:
        for mine, other in ((pair.one, pair.two), (pair.two, pair.one)):
            yield Flag(ReviewKind.PEOPLE, rows[mine].pk, rows[other].pk, pair.sentence)


def _of_answers(seated: list[_Row], copied: list[find.Copied]) -> Iterator[Flag]:
    for pair in copied[:MOST_PAIRS]:
        for mine, other in ((pair.one, pair.two), (pair.two, pair.one)):
            yield Flag(ReviewKind.ANSWERS, seated[mine].pk, seated[other].pk, find.copied_sentence(pair))


def _rooms(call: Call, seated: list[_Row]) -> list[find.Room]:
    right = find.right_answers([str(row.answers) for row in seated], call.answer_key)
    return find.far_rooms([str(row.room) for row in seated], right)


# ---------------------------------------------------------------------- pages


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a drawn distribution: from, up to, how many, and its height in thousandths of the tallest."""

    least: str
    most: str
    count: int
    height: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Distribution:
    label: str
    steps: list[Step]
    people: int
    width: int


@dataclass(frozen=True, slots=True)
class KindLine:
    key: str
    label: str
    all: int
    open: int
    answered: int


@dataclass(frozen=True, slots=True)
class AnomaliesPage:
    """What the newest look found. ``kinds`` count reviews; ``reviews`` are those of the ``kind`` asked for, or all."""

    frame: Frame
    report: AnomalyReport | None
    kinds: list[KindLine]
    open: int
    kind: str
    distributions: list[Distribution]
    rooms: list[tuple[str, int, float]]
    reviews: Page[ScoreReview]
    may_look: Verdict


def anomalies_page(actor: Actor, call: Call, *, kind: str, number: Any, now: datetime) -> AnomaliesPage:
    """Counts, drawings, rooms and fifty reviews, the open ones first, in six queries whatever the size."""
    report = AnomalyReport.objects.filter(call=call).order_by("-made_at", "-pk").first()
    kinds = _kinds(call)
    kind = kind if kind in ReviewKind.values else ""
    reviews = reviews_of(call)
    facts = report.facts if report else {}
    return AnomaliesPage(
        frame=desk_frame(actor, call, "calls:anomalies", now=now),
        report=report,
        kinds=kinds,
        open=sum(line.open for line in kinds),
        kind=kind,
        distributions=[_drawn(column) for column in facts.get("columns", []) if column["bins"]],
        rooms=[(name, people, tenths / 10) for name, people, tenths in facts.get("rooms", [])],
        reviews=Paginator(reviews.filter(kind=kind) if kind else reviews, PER_PAGE).get_page(number),
        may_look=second_look.may_look(actor, call),
    )


def _kinds(call: Call) -> list[KindLine]:
    counts = {
        row["kind"]: row
        for row in ScoreReview.objects.filter(application__call=call)
        .values("kind")
        .annotate(n=Count("pk"), closed=Count("closed_at"), answered=Count("replied_at"))
    }
    return [
        KindLine(key, str(label), row["n"], row["n"] - row["closed"], row["answered"])
        for key, label in ReviewKind.choices
        if (row := counts.get(key)) is not None
    ]


def _drawn(column: dict[str, Any]) -> Distribution:
    tallest = max(count for _least, _most, count in column["bins"])
    steps = [
        Step(least, most, count, count * 1000 // tallest, at * 50, 1000 - count * 1000 // tallest)
        for at, (least, most, count) in enumerate(column["bins"])
    ]
    return Distribution(column["label"], steps, sum(step.count for step in steps), len(steps) * 50)


def reviews_of(call: Call) -> QuerySet[ScoreReview]:
    """The reviews of a call, the open ones first, in the order of their folios."""
    return (
        ScoreReview.objects.filter(application__call=call)
        .select_related("application", "other")
        .order_by(F("closed_at").desc(nulls_first=True), "application__folio", "pk")
    )


# ----------------------------------------------------------- of the person


def my_reviews(application: Application) -> list[ScoreReview]:
    """What is looked at a second time in the scores of an application, the newest first, once the person was told."""
    return list(
        ScoreReview.objects.filter(application=application, told_at__isnull=False)
        .select_related("application__call", "file")
        .order_by("-opened_at", "-pk")
    )


def call_with_id(number: int) -> Call | None:
    return Call.objects.filter(pk=number).first()


def answer_lookup(code: str) -> tuple[Call | None, frozenset[str]]:
    """A call and the folios of its applications, for reading a file of answers."""
    call = Call.objects.select_related("institution").filter(code=code).first()
    folios = call.applications.values_list("folio", flat=True) if call is not None else ()
    return call, frozenset(folios)


def sheets_loaded(call: Call) -> int:
    return Application.objects.filter(call=call, answer_sheet__isnull=False).count()
