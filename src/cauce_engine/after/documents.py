"""Reading a correction in the open format: nothing is guessed, and the first fault is named with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cauce_engine.after.corrections import (
    EFFECTS,
    FORMAT,
    Correction,
    Event,
    InvalidCorrection,
    OtherAnswer,
    answer_digest,
    with_admitted,
)
from cauce_engine.faults import InvalidQuestion, Unsupported, quoted
from cauce_engine.live import as_chosen
from cauce_engine.problems import MOST_SEATS, OPEN, Question, refuse_identifier, whole_number
from cauce_engine.results import Allocation

KINDS = ("appeal", "admission", "withdrawal", "seats")
_FIELDS = {
    "appeal": {"kind", "applicant", "merit", "groups", "choices", "post", "ahead_of"},
    "admission": {"kind", "applicant", "merit", "groups", "choices"},
    "withdrawal": {"kind", "applicant"},
    "seats": {"kind", "post", "add", "class"},
}
_DECIMAL = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")


def parse_correction(question: Question, answer: Allocation, document: Mapping[str, Any]) -> Correction:
    """Read a correction of this answer; `InvalidCorrection` for its first fault, with its place.

    `OtherAnswer` when its digests are not those of this question and this answer.
    """
    refuse_other(question, answer, document, FORMAT, {"format", "question", "answer", "effect", "events"})
    return correction_of(question, answer, document.get("events"), effect=document.get("effect"))


def refuse_other(
    question: Question, answer: Allocation, document: Any, expected: str, fields: set[str]
) -> None:
    """Refuse a document of another format, with unknown fields, or bound to another question or answer."""
    if not isinstance(document, Mapping):
        raise InvalidCorrection("", "{document} is not an object", document=quoted(document))
    if document.get("format") != expected:
        raise InvalidCorrection(
            "format",
            "{format} is not {expected}",
            format=quoted(document.get("format")),
            expected=quoted(expected),
        )
    _refuse_unknown(document, fields, "")
    answered = answer.question_digest or question.digest
    if document.get("question") != answered:
        raise OtherAnswer(
            "question",
            "{question}; the question is {answered}",
            question=quoted(document.get("question")),
            answered=answered,
        )
    published = answer_digest(answer)
    if document.get("answer") != published:
        raise OtherAnswer(
            "answer",
            "{answer}; the answer is {published}",
            answer=quoted(document.get("answer")),
            published=published,
        )


def correction_of(
    question: Question,
    answer: Allocation,
    events: Sequence[Mapping[str, Any]] | None,
    *,
    effect: str | None = None,
) -> Correction:
    """A correction of this answer from its events, as documents; `InvalidCorrection` for the first fault."""
    if effect is not None and effect not in EFFECTS:
        raise InvalidCorrection(
            "effect", "{effect} is none of {known}", effect=quoted(effect), known=", ".join(EFFECTS)
        )
    _refuse_uncorrectable(question, answer)
    if not isinstance(events, (list, tuple)) or not events:
        raise InvalidCorrection("events", "is not a list with something in it")
    posts = {post: at for at, post in enumerate(question.posts)}
    read = tuple(_event(row, f"events[{at}]", question, posts) for at, row in enumerate(events))
    _refuse_contradictions(read)
    base, kept = with_admitted(as_chosen(question), read)
    correction = Correction(
        question=question, answer=answer, events=read, effect=effect, base=base, kept=kept
    )
    _refuse_strange_positions(correction)
    return correction


def _refuse_uncorrectable(question: Question, answer: Allocation) -> None:
    if answer.status != "certified":
        raise Unsupported("status", "an answer that is {status} places nobody", status=quoted(answer.status))
    if question.couples:
        problem = "have no corrections: a stable answer may not exist; solve the corrected question from the beginning"
        raise Unsupported("couples", problem)
    refuse_shares(question, "have no corrections: who moves up changes whom a share calls next")
    if question.settles_for_size:
        problem = '"maximum" has no corrections: another largest answer may move anybody'
        raise Unsupported("options.ties", problem)


def refuse_shares(question: Question, problem: str) -> None:
    """Refuse a question with percentages merged into an order, of all people or of a post."""
    if question.shares or any(terms.shares for terms in question.terms.values()):
        raise Unsupported("shares", problem)


def _refuse_unknown(row: Any, known: set[str], place: str) -> None:
    if not isinstance(row, Mapping):
        raise InvalidCorrection(place, "{row} is not an object", row=quoted(row))
    for name in row:
        if name not in known:
            problem = "the field {name} is not known here; fields: {known}"
            raise InvalidCorrection(place, problem, name=quoted(name), known=", ".join(sorted(known)))


def _event(row: Any, place: str, question: Question, posts: Mapping[str, int]) -> Event:
    if not isinstance(row, Mapping):
        raise InvalidCorrection(place, "{row} is not an object", row=quoted(row))
    kind = row.get("kind")
    if kind not in KINDS:
        raise InvalidCorrection(
            f"{place}.kind", "{kind} is none of {known}", kind=quoted(kind), known=", ".join(KINDS)
        )
    _refuse_unknown(row, _FIELDS[kind], place)
    if kind == "seats":
        return _seats(row, place, question, posts)
    applicant = _person(row.get("applicant"), f"{place}.applicant", question, new=kind == "admission")
    moved = "ahead_of" in row
    ahead_of, post = row.get("ahead_of"), row.get("post")
    if ahead_of is not None:
        _person(ahead_of, f"{place}.ahead_of", question)
    if post is not None:
        _declared(post, f"{place}.post", posts)
        if not moved:
            raise InvalidCorrection(f"{place}.ahead_of", "is missing; null is the end of the order")
    event = Event(
        kind=kind,
        applicant=applicant,
        merit=_merit(row.get("merit"), f"{place}.merit", question),
        groups=_texts(row.get("groups"), f"{place}.groups"),
        choices=posts_named(row.get("choices"), f"{place}.choices", posts),
        moved=moved,
        post=post,
        ahead_of=ahead_of,
    )
    if kind == "appeal" and event == Event(kind="appeal", applicant=applicant):
        raise InvalidCorrection(place, "corrects nothing: name merit, groups, choices or ahead_of")
    if kind == "admission" and event.choices is None:
        raise InvalidCorrection(f"{place}.choices", "is missing")
    if kind == "admission" and event.merit is None and question.merit and question.mechanism != "stable":
        raise InvalidCorrection(f"{place}.merit", "is missing, while other applicants have one")
    return event


def _seats(row: Mapping[str, Any], place: str, question: Question, posts: Mapping[str, int]) -> Event:
    post = row.get("post")
    at = _declared(post, f"{place}.post", posts)
    try:
        add = whole_number(row.get("add"), f"{place}.add", least=1)
    except InvalidQuestion as error:
        raise InvalidCorrection(error.place, error.template, **error.values) from None
    if int(question.capacity[at]) + add > MOST_SEATS:
        raise InvalidCorrection(
            f"{place}.add", "gives the post more than {most_seats} seats", most_seats=MOST_SEATS
        )
    terms = question.terms.get(at)
    names = [c.name for c in terms.classes] if terms else []
    named = row.get("class")
    if named is not None and named not in names:
        raise InvalidCorrection(f"{place}.class", "{named} is not a class of the post", named=quoted(named))
    if named is None and names and OPEN not in names:
        raise InvalidCorrection(
            f"{place}.class", "is missing; classes of the post: {known}", known=", ".join(names)
        )
    return Event(kind="seats", post=post, add=add, seat_class=named)


def _person(value: Any, place: str, question: Question, *, new: bool = False) -> str:
    try:
        refuse_identifier(value, place)
    except InvalidQuestion as error:
        raise InvalidCorrection(error.place, error.template, **error.values) from None
    try:
        question.index_of(value)
    except KeyError:
        if not new:
            raise InvalidCorrection(place, "applicant {value} is not declared", value=quoted(value)) from None
        return str(value)
    if new:
        raise InvalidCorrection(
            place, "{value} is already in the question; write an appeal", value=quoted(value)
        )
    return str(value)


def _declared(value: Any, place: str, posts: Mapping[str, int]) -> int:
    if not isinstance(value, str) or value not in posts:
        raise InvalidCorrection(place, "post {value} is not declared", value=quoted(value))
    return posts[value]


def _merit(value: Any, place: str, question: Question) -> tuple[str | int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise InvalidCorrection(place, "{value} is not a list", value=quoted(value))
    if len(value) != len(question.merit):
        raise InvalidCorrection(
            place,
            "has {count_value} elements; the question has {count_merit}",
            count_value=len(value),
            count_merit=len(question.merit),
        )
    for at, element in enumerate(value):
        if type(element) not in (str, int) or not _DECIMAL.fullmatch(str(element)):
            problem = '{element} is not an exact decimal written as text, like "92.4"'
            raise InvalidCorrection(f"{place}[{at}]", problem, element=quoted(element))
    return tuple(value)


def _texts(value: Any, place: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise InvalidCorrection(place, "{value} is not a list", value=quoted(value))
    for at, name in enumerate(value):
        try:
            refuse_identifier(name, f"{place}[{at}]")
        except InvalidQuestion as error:
            raise InvalidCorrection(error.place, error.template, **error.values) from None
        if name in value[:at]:
            raise InvalidCorrection(f"{place}[{at}]", "{name} is already in this list", name=quoted(name))
        if name == OPEN and place.endswith("groups"):
            raise InvalidCorrection(f"{place}[{at}]", '"open" is the class of everybody, not a group')
    return tuple(value)


def posts_named(value: Any, place: str, posts: Mapping[str, int]) -> tuple[str, ...] | None:
    listed = _texts(value, place)
    for at, post in enumerate(listed or ()):
        _declared(post, f"{place}[{at}]", posts)
    return listed


def _refuse_contradictions(events: tuple[Event, ...]) -> None:
    said: set[tuple[str, str]] = set()
    gone = {event.applicant for event in events if event.kind == "withdrawal"}
    for at, event in enumerate(events):
        if event.applicant is None:
            continue
        place = f"events[{at}]"
        if event.applicant in gone and event.kind != "withdrawal":
            raise InvalidCorrection(
                f"{place}.applicant", "{applicant} also withdraws here", applicant=quoted(event.applicant)
            )
        facts = [event.kind] if event.kind != "appeal" else []
        facts += [name for name in ("merit", "groups", "choices") if getattr(event, name) is not None]
        facts += [f"ahead_of {event.post or ''}"] if event.moved else []
        for fact in facts:
            if (event.applicant, fact) in said:
                problem = "the {fact} of {applicant} is stated twice"
                raise InvalidCorrection(
                    place, problem, fact=fact.split()[0], applicant=quoted(event.applicant)
                )
            said.add((event.applicant, fact))
        if event.moved and event.ahead_of == event.applicant:
            raise InvalidCorrection(f"{place}.ahead_of", "nobody stands ahead of themselves")
        if event.ahead_of in gone:
            raise InvalidCorrection(
                f"{place}.ahead_of",
                "{ahead_of} withdraws here; name the next person",
                ahead_of=quoted(event.ahead_of),
            )
    for at, event in enumerate(events):
        if event.moved and event.post is None and (event.applicant, "merit") in said:
            problem = "a corrected merit already gives the position; name one of the two"
            raise InvalidCorrection(f"events[{at}].ahead_of", problem)


def _refuse_strange_positions(correction: Correction) -> None:
    orders = correction.base.orders
    posts = correction.base.posts
    for at, event in enumerate(correction.events):
        if not event.moved or event.post is None:
            continue
        post = posts.index(event.post)
        if orders is None or not orders.given[post]:
            problem = "post {post} has no order of its own; leave this field out"
            raise InvalidCorrection(f"events[{at}].post", problem, post=quoted(event.post))
        if event.ahead_of is not None:
            rows = slice(int(orders.start[post]), int(orders.start[post + 1]))
            if correction.base.index_of(event.ahead_of) not in orders.applicant[rows]:
                problem = "post {post} does not list {ahead_of}"
                raise InvalidCorrection(
                    f"events[{at}].ahead_of",
                    problem,
                    post=quoted(event.post),
                    ahead_of=quoted(event.ahead_of),
                )
