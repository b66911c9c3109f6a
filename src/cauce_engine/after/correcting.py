"""From a published answer and a correction to the corrected answer: who changes, why, and who provably does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.after.corrections import EFFECTS, Correction
from cauce_engine.after.reruns import Cause, rerun
from cauce_engine.after.standing import NOBODY
from cauce_engine.after.without_harm import extra_seats, waiting_list
from cauce_engine.allocation import Uncertified, allocate
from cauce_engine.certify import certify
from cauce_engine.certify.corrections import certify_correction
from cauce_engine.faults import Unsupported, quoted
from cauce_engine.order import ordering
from cauce_engine.problems import Question
from cauce_engine.results import Allocation, Check
from cauce_engine.version import __version__

FORMAT = "cauce-corrected/1"
_WORKED = {"rerun": rerun, "extra-seats": extra_seats, "waiting-list": waiting_list}


@dataclass(frozen=True, slots=True)
class Change:
    """One person's change. ``gains``: whether they like what they have now better than what they had.

    ``code``: "event" (the correction names them), "vacancy" (``through`` left the post), "seats" (it got a
    seat), "displaced" (``through`` came before them), "circle" (all on it gained), "component" (their part of
    the market was solved again). ``event``: number of the event behind it, or None.
    """

    applicant: str
    before: str | None
    after: str | None
    gains: bool
    code: str
    through: str | None
    event: int | None
    root: str | None
    """Whom that event names, or the post that got seats."""
    kind: str | None

    def sentence(self, lang: str = "es") -> str:
        """The change in one sentence, in Spanish ("es") or English ("en")."""
        words = _WORDS[lang]
        shape = "lost" if self.after is None else "got" if self.before is None else "moved"
        text = words[shape].format(applicant=self.applicant, before=self.before, after=self.after)
        reason = words[self.code].format(
            through=self.through, post=self.before if self.code == "displaced" else self.after
        )
        if self.code == "event" and self.kind is not None:
            return text + words[f"event_{self.kind}"]
        if self.root is not None and self.root not in (self.through, self.applicant):
            reason += words[f"root_{self.kind}"].format(root=self.root)
        elif self.kind is not None and self.code in ("vacancy", "displaced"):
            reason += words[f"direct_{self.kind}"]
        return text + reason

    def to_document(self) -> dict[str, Any]:
        why = {"code": self.code, "through": self.through, "event": self.event}
        return {
            "applicant": self.applicant, "before": self.before, "after": self.after, "gains": self.gains,
            "why": {name: value for name, value in why.items() if value is not None},
        }  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Corrected:
    """The certified outcome of a correction under one effect.

    ``post``: by person of ``correction.base``, -1 for none. ``extra``: extra seats by post. ``looked_at``: how
    many people's lists the re-run had to consult.
    """

    correction: Correction
    effect: str
    post: NDArray[np.int32]
    causes: Mapping[int, Cause]
    extra: Mapping[int, int]
    checks: tuple[Check, ...]
    looked_at: int

    @property
    def question(self) -> Question:
        """The corrected question."""
        return self.correction.corrected

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Everybody whose place is another than the published one, by identifier."""
        before = self.correction.before
        return tuple(self._change(person) for person in np.flatnonzero(before != self.post).tolist())

    def _change(self, person: int) -> Change:
        correction, names = self.correction, (*self.correction.base.posts, None)
        cause = self.causes.get(person, Cause("component"))
        before, after = int(correction.before[person]), int(self.post[person])
        event = correction.events[cause.event] if cause.event >= 0 else None
        people = correction.base.applicants
        rank = {post: at for at, post in enumerate(correction.list_of(person).tolist())}
        return Change(
            applicant=people[person],
            before=names[before],
            after=names[after],
            gains=after != NOBODY
            and (before == NOBODY or rank.get(after, len(rank)) < rank.get(before, len(rank))),
            code=cause.code,
            through=people[cause.person] if cause.person >= 0 else None,
            event=cause.event if cause.event >= 0 else None,
            root=(event.applicant or event.post) if event else None,
            kind=event.kind if event else None,
        )

    @cached_property
    def unaffected(self) -> dict[str, int]:
        """How many people keep their place, by the reason that proves it.

        "ahead": one order for all, and their turn came before the first that the correction touches;
        "effect": the effect moves nobody in their position; "elsewhere": no chain of lists leads from the
        correction to them; "not_reached": the certificate shows that no chain changed their place.
        """
        total = len(self.post) - len(self.changes)
        if self.effect != "rerun":
            waiting = int(np.count_nonzero((self.correction.before < 0) & (self.post < 0)))
            if self.effect == "extra-seats":
                return {"effect": total}
            return {"effect": total - waiting, "not_reached": waiting}
        if not self.correction.base.simple or self.correction.base.orders is not None:
            return {"not_reached": total}
        first = _first_touched(self.correction)
        changed = np.flatnonzero(self.correction.before != self.post)
        place = ordering(self.correction.base).place
        ahead = first - 1 - int(np.count_nonzero(place[changed] < first))
        return {"ahead": ahead, "not_reached": total - ahead}

    def places(self) -> dict[str, str | None]:
        """The post of each applicant by identifier; None for those without."""
        posts: tuple[str | None, ...] = (*self.correction.base.posts, None)
        found = map(posts.__getitem__, self.post.tolist())
        return dict(zip(self.correction.base.applicants, found, strict=True))

    def open_seats(self) -> dict[int, int]:
        """Seats that the effect leaves open at posts that the correction touched."""
        count = np.bincount(self.post[self.post >= 0], minlength=len(self.correction.base.posts))
        changed = self.correction.before != self.post
        touched = {*self.correction.before[changed].tolist(), *self.post[changed].tolist()}
        posts = sorted((touched | set(self.correction.seats)) - {NOBODY})
        left = {post: self.correction.seats_of(post) - int(count[post]) for post in posts}
        return {post: seats for post, seats in left.items() if seats > 0}

    def answer(self) -> Allocation:
        """The ordinary answer to the corrected question, certified from the beginning; only for "rerun"."""
        if self.effect != "rerun":
            problem = "{effect} lets somebody keep or get what a re-run would not give them"
            raise Unsupported("effect", problem, effect=quoted(self.effect))
        answer = allocate(self.question)
        if not np.array_equal(answer.post, self.post):
            raise Uncertified(Check("A6", False, {"differs": "the minimal re-run"}))
        return answer

    def to_document(self) -> dict[str, Any]:
        """The outcome in the open format."""
        posts, document = self.correction.base.posts, self.correction.to_document()
        return {
            "format": FORMAT,
            "question": document["question"],
            "answer": document["answer"],
            "correction": self.correction.digest,
            "corrected_question": self.question.digest,
            "engine": __version__,
            "effect": self.effect,
            "places": self.places(),
            "changes": [change.to_document() for change in self.changes],
            "unaffected": {"people": len(self.post) - len(self.changes), "because": self.unaffected},
            "extra_seats": {posts[post]: seats for post, seats in sorted(self.extra.items())},
            "open_seats": {posts[post]: seats for post, seats in sorted(self.open_seats().items())},
            "checks": [check.to_document() for check in self.checks],
        }

    def to_bytes(self) -> bytes:
        """The document as JSON: the same correction gives the same bytes on every machine."""
        text = json.dumps(self.to_document(), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8") + b"\n"

    def sentences(self, lang: str = "es") -> tuple[str, ...]:
        """What happened, in sentences: a summary, then each change, then who is unaffected and why."""
        words, because = _WORDS[lang], self.unaffected
        gaining = sum(change.gains for change in self.changes)
        summary = words[f"effect_{self.effect}"] + words["summary"].format(
            changes=len(self.changes), gaining=gaining, losing=len(self.changes) - gaining
        )
        posts = self.correction.base.posts
        extra = [
            words["extra"].format(post=posts[post], seats=seats) for post, seats in sorted(self.extra.items())
        ]
        left = [
            words["open"].format(post=posts[post], seats=seats) for post, seats in self.open_seats().items()
        ]
        kept = [words[f"kept_{reason}"].format(people=people) for reason, people in because.items() if people]
        return (summary, *(change.sentence(lang) for change in self.changes), *extra, *left, *kept)


def correct(correction: Correction, effect: str | None = None) -> Corrected:
    """Work a correction into its answer, under its own effect or the one named.

    Relies on the published answer being certified (`certify`); checks everything that the correction could have
    broken. Raises `Uncertified` when a check fails, and `Unsupported` for an effect that this kind of question
    cannot have, or when no effect is named.
    """
    effect = effect or correction.effect
    if effect is None:
        raise Unsupported("effect", "is missing; name one of {known}", known=", ".join(EFFECTS))
    if effect not in EFFECTS:
        raise Unsupported(
            "effect", "{effect} is none of {known}", effect=quoted(effect), known=", ".join(EFFECTS)
        )
    if effect == "rerun" and correction.question.log:
        problem = '"rerun" cannot repeat choices made in person; use "extra-seats" or "waiting-list"'
        raise Unsupported("effect", problem)
    if not correction.base.simple:
        return _component(correction, effect)
    standing, causes = _WORKED[effect](correction)
    extra = {post: -int(standing.free[post]) for post in np.flatnonzero(standing.free < 0).tolist()}
    checks = certify_correction(correction, effect, standing.post, extra)
    _refuse_broken(checks)
    return Corrected(
        correction=correction,
        effect=effect,
        post=standing.post,
        causes=causes,
        extra=extra,
        checks=checks,
        looked_at=len(standing.looked_at),
    )


def compare(correction: Correction) -> dict[str, Corrected | Unsupported]:
    """The outcome under every effect, side by side; where one is not possible, the reason."""
    outcomes: dict[str, Corrected | Unsupported] = {}
    for effect in EFFECTS:
        try:
            outcomes[effect] = correct(correction, effect)
        except Unsupported as error:
            outcomes[effect] = error
    return outcomes


def _refuse_broken(checks: tuple[Check, ...]) -> None:
    for check in checks:
        if not check.holds:
            raise Uncertified(check)


def _first_touched(correction: Correction) -> int:
    """The first place, from 1, of the one order whose turn the correction can touch."""
    common = ordering(correction.base)
    places = [int(common.place[person]) for person in correction.named]
    places += [gap for gap, _ in correction.gaps.get(None, {}).values()]
    size = len(common.order)
    for post in correction.seats:
        holders = np.flatnonzero(correction.before == post)
        seats = int(correction.base.capacity[post])
        full = len(holders) >= seats
        places.append((int(common.place[holders].max()) + 1 if len(holders) else 1) if full else size + 1)
    return min([*places, size + 1])


def _component(correction: Correction, effect: str) -> Corrected:
    """Re-run the connected part of a market with classes of seats or regions, and certify the whole answer."""
    if effect != "rerun":
        problem = "{effect} is not built for classes of seats and regions: which class would it be?"
        raise Unsupported("effect", problem, effect=quoted(effect))
    people = reachable(correction)
    question = correction.corrected
    keep = np.repeat(people, np.diff(question.choice_start))
    start = np.zeros(len(people) + 1, np.int64)
    np.cumsum(np.where(people, np.diff(question.choice_start), 0), out=start[1:])
    part = allocate(replace(question, choice_start=start, choices=question.choices[keep]))
    base = correction.answer
    post = np.where(people, part.post, correction.before).astype(np.int32)
    line = np.full(len(post), NOBODY, np.int32)
    line[correction.kept] = base.line
    line = np.where(people, part.line, line).astype(np.int32)
    whole = Allocation(question=question, post=post, line=line, last=_lines(correction, part, people))
    checks = tuple(check for check in certify(question, whole) if check.name not in ("A7", "A10"))
    _refuse_broken(checks)
    causes = {p: Cause("event", event=numbers[0]) for p, numbers in correction.named.items()}
    looked_at = int(np.count_nonzero(people))
    return Corrected(
        correction=correction,
        effect=effect,
        post=post,
        causes=causes,
        extra={},
        checks=checks,
        looked_at=looked_at,
    )


def _lines(correction: Correction, part: Allocation, people: NDArray[np.bool_]) -> NDArray[np.int32] | None:
    """The cut-offs of the part solved again, and the published ones of the posts that it cannot reach."""
    published, question = correction.answer.last, correction.corrected
    if published is None or part.last is None:
        return None
    wanted = np.zeros(len(question.posts), np.bool_)
    for asked in (question, correction.base):
        wanted[asked.choices[np.repeat(people, np.diff(asked.choice_start))]] = True
    wanted[list(correction.seats)] = True
    moved = published.copy()
    named = published >= 0
    moved[named] = correction.kept[published[named]]
    return np.where(wanted[question.lines.post], part.last, moved).astype(np.int32)


def reachable(correction: Correction) -> NDArray[np.bool_]:
    """Everybody whom the correction can reach: by a chain of lists, old or corrected, and of regions."""
    base, question = correction.base, correction.corrected
    region = {terms.region for terms in base.terms.values() if terms.region is not None}
    of = {
        name: [post for post, terms in base.terms.items() if terms.region == name] for name in sorted(region)
    }
    owners = [np.repeat(np.arange(len(base.applicants)), np.diff(q.choice_start)) for q in (base, question)]
    people = np.zeros(len(base.applicants), np.bool_)
    people[list(correction.named)] = True
    posts = np.zeros(len(base.posts), np.bool_)
    posts[list(correction.seats)] = True
    while True:
        size = int(people.sum()) + int(posts.sum())
        for asked, owner in zip((base, question), owners, strict=True):
            posts[asked.choices[people[owner]]] = True
            for members in of.values():
                posts[members] |= bool(posts[members].any())
            people[owner[posts[asked.choices]]] = True
        if int(people.sum()) + int(posts.sum()) == size:
            return people


_WORDS = {
    "es": {
        "moved": "{applicant} pasa de la plaza {before} a la plaza {after}",
        "got": "{applicant} obtiene la plaza {after}",
        "lost": "{applicant} deja la plaza {before} y queda sin plaza",
        "vacancy": ", porque {through} dejó su lugar en ella",
        "seats": ", porque la plaza tiene un lugar más.",
        "displaced": ", porque {through} va antes en el orden corregido de la plaza {post}",
        "circle": ", en un cambio en círculo en el que cada persona gana",
        "component": ", al resolverse de nuevo su parte del conjunto.",
        "event": ".",
        "event_appeal": ", por su apelación.",
        "event_admission": ", porque se le admite.",
        "event_withdrawal": ", porque renuncia.",
        "root_appeal": "; el origen es la apelación de {root}.",
        "root_admission": "; el origen es la admisión de {root}.",
        "root_withdrawal": "; el origen es la renuncia de {root}.",
        "root_seats": "; el origen es el lugar añadido a la plaza {root}.",
        "direct_appeal": ", por su apelación.",
        "direct_admission": ", porque se le admite.",
        "direct_withdrawal": ", porque renuncia.",
        "direct_seats": ".",
        "effect_rerun": "Repetición completa: ",
        "effect_extra-seats": "Lugares adicionales, sin mover a nadie más: ",
        "effect_waiting-list": "Lista de espera, sin mover a quien ya tiene plaza: ",
        "summary": "cambian {changes} personas; {gaining} ganan y {losing} no.",
        "extra": "La plaza {post} necesita lugares adicionales: {seats}.",
        "open": "Quedan lugares abiertos en la plaza {post}: {seats}.",
        "kept_ahead": "{people} personas no pueden cambiar: su turno fue antes del primero que la corrección toca.",
        "kept_effect": "{people} personas no pueden cambiar: este efecto no mueve a quien está en su situación.",
        "kept_not_reached": "{people} personas no cambian: el certificado muestra que ninguna cadena cambió su lugar.",
    },
    "en": {
        "moved": "{applicant} moves from post {before} to post {after}",
        "got": "{applicant} gets post {after}",
        "lost": "{applicant} leaves post {before} and has none",
        "vacancy": ", because {through} left a seat there",
        "seats": ", because the post has one more seat.",
        "displaced": ", because {through} comes before them in the corrected order of post {post}",
        "circle": ", in a circle of changes in which everybody gains",
        "component": ", when their part of the market was solved again.",
        "event": ".",
        "event_appeal": ", by their appeal.",
        "event_admission": ", because they are admitted.",
        "event_withdrawal": ", because they withdraw.",
        "root_appeal": "; it began with the appeal of {root}.",
        "root_admission": "; it began with the admission of {root}.",
        "root_withdrawal": "; it began with the withdrawal of {root}.",
        "root_seats": "; it began with the seat added to post {root}.",
        "direct_appeal": ", by appeal.",
        "direct_admission": ", being admitted.",
        "direct_withdrawal": ", withdrawing.",
        "direct_seats": ".",
        "effect_rerun": "Full re-run: ",
        "effect_extra-seats": "Extra seats, nobody else moves: ",
        "effect_waiting-list": "Waiting list, nobody who has a post moves: ",
        "summary": "{changes} people change; {gaining} gain and {losing} do not.",
        "extra": "Post {post} needs extra seats: {seats}.",
        "open": "Seats left open at post {post}: {seats}.",
        "kept_ahead": "{people} people cannot change: their turn came before the first that the correction touches.",
        "kept_effect": "{people} people cannot change: this effect moves nobody in their position.",
        "kept_not_reached": "{people} people do not change: the certificate shows that no chain changed their place.",
    },
}
