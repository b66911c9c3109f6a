"""The answer: who goes where, the cut-offs that let each person check it alone, and the checks it passed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import InvalidAnswer, quoted
from cauce_engine.problems import Question
from cauce_engine.version import __version__

FORMAT = "cauce-answer/1"
STATUSES = ("certified", "none-exists", "not-found")
SEATS_LEFT = -1
NO_SEATS = -2

STATEMENTS: dict[str, dict[str, str]] = {
    "A1": {
        "es": "Ninguna plaza recibe más personas que lugares tiene, ni ninguna región más que su tope.",
        "en": "No post takes more people than it has seats, and no region more than its cap.",
    },
    "A2": {
        "es": "Nadie ocupa una plaza que no pidió, ni una plaza que no puede recibirle.",
        "en": "Nobody holds a post that they did not list, or that did not list them.",
    },
    "A3": {
        "es": "Nadie fue rechazado en una plaza que recibió a alguien que iba detrás.",
        "en": "Nobody is refused a post that took someone behind them.",
    },
    "A4": {
        "es": "Nadie fue rechazado en una plaza con un lugar libre que podía ocupar.",
        "en": "Nobody is refused a post with an open seat that they could hold.",
    },
    "A5": {
        "es": "Los lugares de cada plaza se ocupan en la secuencia declarada de clases, con su reversión.",
        "en": "The seats of each post are filled in the declared sequence of classes, with their reversion.",
    },
    "A6": {
        "es": "Ninguna otra respuesta estable es mejor para persona alguna.",
        "en": "No other stable answer is better for any applicant.",
    },
    "A7": {
        "es": "La respuesta corresponde a esta pregunta, cualquiera que sea el orden en que se escriba.",
        "en": "The answer belongs to this question, in whatever order the question is written.",
    },
    "A8": {
        "es": "Quien toma la mejor plaza de su lista cuyo corte alcanza obtiene la plaza publicada.",
        "en": "Each person who takes the best listed post whose cut-off they reach gets the published place.",
    },
    "A9": {
        "es": "Ninguna pareja ni persona sola tiene una objeción, según la definición nombrada.",
        "en": "No couple and no single person has an objection, under the named definition.",
    },
    "A11": {
        "es": "Ninguna respuesta en la que un empate no sea injusticia coloca a más personas.",
        "en": "No answer in which a tie is no injustice places more people.",
    },
    "A12": {
        "es": "El orden de llamado sigue el mérito y, en cada punto, los porcentajes declarados.",
        "en": "The order of call follows merit and, at every point, the declared percentages.",
    },
    "A10": {
        "es": "El sorteo es el comprometido antes de cerrar las listas y decide todos los empates.",
        "en": "The lottery is the one committed to before the lists closed, and it decides every tie.",
    },
}


@dataclass(frozen=True, slots=True)
class Check:
    """One property of an answer: does it hold, and if not, who or what shows it."""

    name: str
    holds: bool
    witness: Mapping[str, Any] | None = None

    def statement(self, lang: str = "es") -> str:
        """The property in one sentence, in Spanish ("es") or English ("en")."""
        return STATEMENTS[self.name][lang]

    def to_document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "statement": self.statement("es"),
            "statement_en": self.statement("en"),
            "holds": self.holds,
            "witness": None if self.witness is None else dict(self.witness),
        }


@dataclass(frozen=True, slots=True)
class Dropped:
    """A wish left out because only one side made it; ``why`` says which side did not."""

    applicant: str
    post: str
    why: str

    def to_document(self) -> dict[str, str]:
        return {"applicant": self.applicant, "post": self.post, "why": self.why}


@dataclass(frozen=True, slots=True, eq=False)
class DroppedWishes:
    """Wishes left out, kept in columns and written out only where somebody goes through them.

    ``person`` and ``post``: indices into the names; ``reason``: by wish, an index into ``reasons``.
    """

    applicants: Sequence[str]
    posts: Sequence[str]
    reasons: tuple[str, ...]
    person: NDArray[Any]
    post: NDArray[Any]
    reason: NDArray[Any]

    def __len__(self) -> int:
        return len(self.person)

    def __iter__(self) -> Iterator[Dropped]:
        rows = zip(self.person.tolist(), self.post.tolist(), self.reason.tolist(), strict=True)
        return (Dropped(self.applicants[i], self.posts[p], self.reasons[why]) for i, p, why in rows)


@dataclass(frozen=True, eq=False, kw_only=True)
class Allocation:
    """An answer to ``question``.

    ``post``: index of each applicant's post, -1 for none. ``line``: index of the seat line (a class of seats
    of a post, `Question.lines`) that each holds, -1 for none. ``last``: the last person admitted to each
    line where it is full, else `SEATS_LEFT` or `NO_SEATS`; None where cut-offs are not claimed.
    """

    question: Question
    post: NDArray[np.int32]
    line: NDArray[np.int32]
    last: NDArray[np.int32] | None
    status: str = "certified"
    unique: bool | None = None
    checks: tuple[Check, ...] = ()
    dropped: tuple[Dropped, ...] | DroppedWishes = ()
    engine: str = __version__
    question_digest: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def places(self) -> dict[str, str | None]:
        """The post of each applicant by identifier; None for those without."""
        posts: tuple[str | None, ...] = (*self.question.posts, None)
        return dict(zip(self.question.applicants, map(posts.__getitem__, self.post.tolist()), strict=True))

    def seats(self) -> dict[str, str]:
        """The class of seats that each placed person holds."""
        lines = self.question.lines
        placed = np.flatnonzero(self.line >= 0).tolist()
        return {self.question.applicants[i]: lines.names[lines.name[self.line[i]]] for i in placed}

    def cutoffs(self) -> dict[str, dict[str, str | None]]:
        """By post and class, the last person admitted; None where seats are left.

        A class without any seat has no line: nobody can reach it.
        """
        table: dict[str, dict[str, str | None]] = {post: {} for post in self.question.posts}
        if self.last is None:
            return {}
        lines = self.question.lines
        people = self.question.applicants
        names = map(lines.names.__getitem__, lines.name.tolist())
        for post, name, last in zip(lines.post.tolist(), names, self.last.tolist(), strict=True):
            if last != NO_SEATS:
                table[self.question.posts[post]][name] = None if last == SEATS_LEFT else people[last]
        return table

    def to_document(self) -> dict[str, Any]:
        """The answer in the open format."""
        tables: dict[str, Any] = {"places": self.places()}
        if self.question.lines.several:
            tables["seats"] = self.seats()
        if self.last is not None:
            tables["cutoffs"] = self.cutoffs()
        return self.facts(tables)

    def facts(self, tables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer without its large tables, or with those given: places, seats, cut-offs."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "question": self.question_digest or self.question.digest,
            "engine": self.engine,
            "mechanism": self.question.mechanism,
            "status": self.status,
            **(tables or {}),
        }
        if self.unique is not None:
            document["unique"] = self.unique
        document["checks"] = [check.to_document() for check in self.checks]
        document["dropped"] = [wish.to_document() for wish in self.dropped]
        return document | dict(self.extra)

    def to_bytes(self) -> bytes:
        """The document as JSON: the same answer gives the same bytes on every machine."""
        text = json.dumps(self.to_document(), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8") + b"\n"

    @classmethod
    def from_document(cls, question: Question, document: Mapping[str, Any]) -> Allocation:
        """Read an answer to this question; `InvalidAnswer` names the first thing that does not fit.

        What the document claims is kept as it stands, true or not: `certify` judges it.
        """
        if not isinstance(document, Mapping):
            raise InvalidAnswer("", "the answer is {document}, not an object", document=quoted(document))
        if document.get("format") != FORMAT:
            raise InvalidAnswer(
                "format",
                "{format} is not {value}",
                format=quoted(document.get("format")),
                value=quoted(FORMAT),
            )
        if document.get("question") != question.digest:
            problem = "the answer is to {question}, the question is {digest}"
            raise InvalidAnswer(
                "question",
                problem,
                question=quoted(document.get("question")),
                digest=question.digest,
                differs=True,
            )
        status = document.get("status", "certified")
        if status not in STATUSES:
            raise InvalidAnswer(
                "status", "{status} is none of {known}", status=quoted(status), known=", ".join(STATUSES)
            )
        unique = document.get("unique")
        if unique is not None and not isinstance(unique, bool):
            raise InvalidAnswer("unique", "{unique} is neither true nor false", unique=quoted(unique))
        post = _places(question, document.get("places"))
        return cls(
            question=question,
            post=post,
            line=_lines(question, post, document.get("seats")),
            last=_cutoffs(question, document.get("cutoffs")),
            status=status,
            unique=unique,
            engine=str(document.get("engine")),
            question_digest=document["question"],
            extra={"order_of_call": document["order_of_call"]} if "order_of_call" in document else {},
        )


def _places(question: Question, value: Any) -> NDArray[np.int32]:
    if not isinstance(value, Mapping):
        raise InvalidAnswer("places", "{value} is not an object", value=quoted(value))
    index: dict[Any, int] = {post: at for at, post in enumerate(question.posts)}
    index[None] = -1
    places = []
    for applicant in question.applicants:
        if applicant not in value:
            raise InvalidAnswer(
                "places", "applicant {applicant} is missing", applicant=quoted(applicant), differs=True
            )
        post = value[applicant]
        if not isinstance(post, (str, type(None))) or post not in index:
            problem = "post {post} is not declared in the question"
            raise InvalidAnswer(f"places[{quoted(applicant)}]", problem, post=quoted(post), differs=True)
        places.append(index[post])
    if len(value) != len(places):
        stranger = next(name for name in value if name not in set(question.applicants))
        problem = "applicant {stranger} is not declared in the question"
        raise InvalidAnswer("places", problem, stranger=quoted(stranger), differs=True)
    return np.array(places, np.int32)


def _lines(question: Question, post: NDArray[np.int32], seats: Any) -> NDArray[np.int32]:
    """The line each person holds: the only one of their post, or the one that ``seats`` names."""
    lines = question.lines
    if not lines.several:
        return post
    if not isinstance(seats, Mapping):
        raise InvalidAnswer(
            "seats", "{seats} is not an object; posts have classes of seats", seats=quoted(seats)
        )
    held = np.full(len(post), -1, np.int32)
    for person in np.flatnonzero(post >= 0).tolist():
        applicant = question.applicants[person]
        line = lines.index.get((int(post[person]), seats.get(applicant)))
        if line is None:
            problem = "{applicant} is not a class of the post"
            raise InvalidAnswer(
                f"seats[{quoted(applicant)}]", problem, applicant=quoted(seats.get(applicant)), differs=True
            )
        held[person] = line
    return held


def _cutoffs(question: Question, value: Any) -> NDArray[np.int32] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidAnswer("cutoffs", "{value} is not an object", value=quoted(value))
    lines = question.lines
    last = np.full(len(lines.name), NO_SEATS, np.int32)
    post_of = {post: at for at, post in enumerate(question.posts)}
    for post, table in value.items():
        if post not in post_of or not isinstance(table, Mapping):
            raise InvalidAnswer(
                "cutoffs", "{post} is not a post with its classes", post=quoted(post), differs=True
            )
        for name, applicant in table.items():
            place = f"cutoffs[{quoted(post)}][{quoted(name)}]"
            line = lines.index.get((post_of[post], name))
            if line is None:
                raise InvalidAnswer(place, "is not a class of this post", differs=True)
            if applicant is None:
                last[line] = SEATS_LEFT
                continue
            try:
                last[line] = question.index_of(applicant)
            except (KeyError, TypeError):
                problem = "applicant {applicant} is not declared in the question"
                raise InvalidAnswer(place, problem, applicant=quoted(applicant), differs=True) from None
    return last
