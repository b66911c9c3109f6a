"""Swap rounds: people who hold posts exchange them, all who swap gain, and no better claim is passed over.

A newcomer may enter a post only if nobody who would rather hold it, swapping or not, has a better claim to it.
Circles of such moves are carried out by top trading cycles (Shapley and Scarf 1974) until none is left; where
everybody consents by their own list, these are the stable improvement cycles of Erdil and Ergin (2008).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.after.corrections import answer_digest
from cauce_engine.after.swap_rounds import SwapRound
from cauce_engine.after.wanting import wanting
from cauce_engine.allocation import Uncertified
from cauce_engine.certify.swaps import certify_swaps
from cauce_engine.problems import OPEN, Orders
from cauce_engine.results import Check
from cauce_engine.version import __version__

FORMAT = "cauce-swapped/1"
Claim = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One person's part in a circle: they leave ``before`` for ``after``, which ``from_whom`` leaves."""

    applicant: str
    before: str
    after: str
    from_whom: str

    def sentence(self, lang: str = "es") -> str:
        """The move in one sentence, in Spanish ("es") or English ("en")."""
        return _WORDS[lang]["move"].format(
            applicant=self.applicant, before=self.before, after=self.after, from_whom=self.from_whom
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Swapped:
    """The certified outcome of a swap round. ``post`` and ``line`` as in `Allocation`; ``circles`` in the
    sequence in which they were carried out.
    """

    round: SwapRound
    post: NDArray[np.int32]
    line: NDArray[np.int32]
    circles: tuple[tuple[Move, ...], ...]
    checks: tuple[Check, ...]

    def places(self) -> dict[str, str | None]:
        """The post of each applicant by identifier; None for those without."""
        question = self.round.question
        posts: tuple[str | None, ...] = (*question.posts, None)
        return dict(zip(question.applicants, map(posts.__getitem__, self.post.tolist()), strict=True))

    def to_document(self) -> dict[str, Any]:
        """The outcome in the open format."""
        answer = self.round.answer
        document: dict[str, Any] = {
            "format": FORMAT,
            "question": answer.question_digest or answer.question.digest,
            "answer": answer_digest(answer),
            "round": self.round.digest,
            "engine": __version__,
            "places": self.places(),
            "circles": [
                [{"applicant": m.applicant, "before": m.before, "after": m.after} for m in circle]
                for circle in self.circles
            ],
            "checks": [check.to_document() for check in self.checks],
        }
        lines = self.round.question.lines
        if lines.several:
            placed = np.flatnonzero(self.line >= 0).tolist()
            people = self.round.question.applicants
            document["seats"] = {people[i]: lines.names[lines.name[self.line[i]]] for i in placed}
        return document

    def to_bytes(self) -> bytes:
        """The document as JSON: the same round gives the same bytes on every machine."""
        text = json.dumps(self.to_document(), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8") + b"\n"

    def sentences(self, lang: str = "es") -> tuple[str, ...]:
        """What happened, in sentences."""
        people = sum(map(len, self.circles))
        head = _WORDS[lang]["summary"].format(people=people, circles=len(self.circles))
        return (head, *(move.sentence(lang) for circle in self.circles for move in circle))


def swap(swap_round: SwapRound) -> Swapped:
    """Carry out every permitted circle. Raises `Uncertified` when the outcome breaks a property.

    Deterministic: everybody points at the best post they may enter, at its consenting holder with the smallest
    identifier, and the circle reached from the smallest identifier is carried out first.
    """
    table = _Table(swap_round)
    circles = []
    while circle := table.circle():
        circles.append(table.carry_out(circle))
    post = np.where(table.line >= 0, swap_round.question.lines.post[table.line], -1).astype(np.int32)
    checks = certify_swaps(swap_round, post, table.line)
    for check in checks:
        if not check.holds:
            raise Uncertified(check)
    return Swapped(round=swap_round, post=post, line=table.line, circles=tuple(circles), checks=checks)


class _Table:
    """Who sits where during the round, and who may enter which line of seats."""

    def __init__(self, swap_round: SwapRound) -> None:
        self.round = swap_round
        self.question = swap_round.chosen
        self.lines = swap_round.question.lines
        self.line: NDArray[np.int32] = swap_round.answer.line.copy()
        self.wants = dict(swap_round.wants)
        self._thirds: dict[int, Claim | None] = {}
        self._levels: dict[int, dict[int, int]] = {}

    def circle(self) -> list[int]:
        """People on the next circle, each entering the line of the next; empty when none is permitted.

        Whoever has nothing to enter is taken out, again and again. On any permitted circle nobody could be taken
        out first, so when all are gone there was none.
        """
        targets = {person: list(self._permitted(person)) for person in sorted(self.wants)}
        while True:
            holders: dict[int, int] = {}
            for person in sorted(targets, reverse=True):
                holders[int(self.line[person])] = person
            pointing = {}
            for person, lines in targets.items():
                entered = next((line for line in lines if line in holders), None)
                if entered is not None:
                    pointing[person] = holders[entered]
            if len(pointing) == len(targets):
                break
            targets = {person: targets[person] for person in pointing}
        if not pointing:
            return []
        path = [min(pointing)]
        while pointing[path[-1]] not in path:
            path.append(pointing[path[-1]])
        circle = path[path.index(pointing[path[-1]]) :]
        first = circle.index(min(circle))
        return circle[first:] + circle[:first]

    def carry_out(self, circle: list[int]) -> tuple[Move, ...]:
        question = self.question
        entered = [int(self.line[other]) for other in (*circle[1:], circle[0])]
        moves = []
        for person, line, other in zip(circle, entered, (*circle[1:], circle[0]), strict=True):
            before, after = int(self.lines.post[self.line[person]]), int(self.lines.post[line])
            names = question.applicants[person], question.posts[before], question.posts[after]
            moves.append(Move(*names, question.applicants[other]))
        for person, line in zip(circle, entered, strict=True):
            self.line[person] = line
            wants = self.wants[person]
            self.wants[person] = wants[: wants.index(int(self.lines.post[line]))]
        return tuple(moves)

    def _permitted(self, person: int) -> Iterator[int]:
        """The lines of seats that the person would rather have and may enter, best first."""
        for post in self.wants[person]:
            mine = self._claim(person, post)
            if mine is None:
                continue
            for line in range(int(self.lines.start[post]), int(self.lines.start[post + 1])):
                if self._belongs(person, line) and not self._blocked(person, mine, post, line):
                    yield line

    def _blocked(self, person: int, mine: Claim, post: int, line: int) -> bool:
        if line not in self._thirds:
            self._thirds[line] = self._best_third(post, line)
        third = self._thirds[line]
        if third is not None and third < mine:
            return True
        for other, wants in self.wants.items():
            if other != person and post in wants and self._belongs(other, line):
                theirs = self._claim(other, post)
                if theirs is not None and theirs < mine:
                    return True
        return False

    def _best_third(self, post: int, line: int) -> Claim | None:
        """The best claim of those who did not consent and would rather hold the post; they never move."""
        question, held = self.question, self.round.answer.post
        best: Claim | None = None
        for person in wanting(question).at(post).tolist():
            if person in self.wants or held[person] == post or not self._belongs(person, line):
                continue
            row = question.choices[
                int(question.choice_start[person]) : int(question.choice_start[person + 1])
            ]
            if held[person] >= 0 and next(p for p in row.tolist() if p in (post, held[person])) != post:
                continue
            claim = self._claim(person, post)
            if claim is not None and (best is None or claim < best):
                best = claim
        return best

    def _belongs(self, person: int, line: int) -> bool:
        name = self.lines.names[self.lines.name[line]]
        return name == OPEN or name in self.question.groups.get(person, ())

    def _claim(self, person: int, post: int) -> Claim | None:
        """How good a person's claim to a post is, smaller is better; None where the post does not list them."""
        question = self.question
        orders = question.orders
        if orders is not None and orders.given[post]:
            level = self._level(orders, post).get(person)
            if level is None:
                return None
            claim: Claim = (level,)
        else:
            claim = tuple(-int(column.levels[column.codes[person]]) for column in question.merit)
        if self.round.claims == "merit":
            return claim
        drawn = question.lottery.ticket(question.applicants[person]) if question.lottery else ""
        return (*claim, drawn, person)

    def _level(self, orders: Orders, post: int) -> dict[int, int]:
        if post not in self._levels:
            rows = slice(int(orders.start[post]), int(orders.start[post + 1]))
            pairs = zip(orders.applicant[rows].tolist(), orders.level[rows].tolist(), strict=True)
            self._levels[post] = dict(pairs)
        return self._levels[post]


_WORDS = {
    "es": {
        "summary": "Intercambian {people} personas, en {circles} círculos; nadie más cambia.",
        "move": "{applicant} pasa de la plaza {before} a la plaza {after}, que deja {from_whom}.",
    },
    "en": {
        "summary": "{people} people swap, in {circles} circles; nobody else changes.",
        "move": "{applicant} moves from post {before} to post {after}, which {from_whom} leaves.",
    },
}
