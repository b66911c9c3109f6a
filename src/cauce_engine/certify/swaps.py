"""Check the outcome of a swap round, sharing no code with what carried it out; failures carry a witness."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauce_engine.after.swap_rounds import SwapRound
from cauce_engine.problems import Question
from cauce_engine.results import Check

STATEMENTS: dict[str, dict[str, str]] = {
    "S1": {
        "es": "Solo cambian quienes consintieron, y cada clase de lugares tiene tantas personas como antes.",
        "en": "Only those who consented change, and every class of seats has as many people as before.",
    },
    "S2": {
        "es": "Quien cambia obtiene una plaza que consintió, que prefiere a la suya y que puede ocupar.",
        "en": "Whoever changes gets a post to which they consented, prefer to theirs and may hold.",
    },
    "S3": {
        "es": "Nadie que preferiría una plaza intercambiada tiene mejor derecho a ella que quien llega.",
        "en": "Nobody who would rather hold a swapped post has a better claim to it than its newcomer.",
    },
    "S4": {
        "es": "No queda ningún círculo de intercambios permitido.",
        "en": "No permitted circle of swaps is left.",
    },
}
Witness = Mapping[str, Any] | None


class SwapCheck(Check):
    """A property of a swap round; the same as `Check`, with the sentences of this module."""

    __slots__ = ()

    def statement(self, lang: str = "es") -> str:
        return STATEMENTS[self.name][lang]


def certify_swaps(
    swap_round: SwapRound, post: NDArray[np.int32], line: NDArray[np.int32]
) -> tuple[Check, ...]:
    """Check the posts and lines of seats that people hold after a round."""
    court = _Court(swap_round, post, line)
    found: dict[str, Witness] = {"S1": court.strangers(), "S2": court.losers()}
    for name, judge in (("S3", court.passed_over), ("S4", court.circle_left)):
        broken = next((broken for broken, witness in found.items() if witness is not None), None)
        found[name] = {"because": broken} if broken else judge()
    return tuple(SwapCheck(name, witness is None, witness) for name, witness in found.items())


class _Court:
    def __init__(self, swap_round: SwapRound, post: NDArray[np.int32], line: NDArray[np.int32]) -> None:
        self.round, self.post, self.line = swap_round, post, line
        self.question: Question = swap_round.chosen
        self.before = swap_round.answer.line
        self.changed = np.flatnonzero((self.before != line) | (swap_round.answer.post != post)).tolist()
        self._claimants: dict[int, list[tuple[tuple[Any, ...], int]]] = {}

    def strangers(self) -> Witness:
        names = self.question.applicants
        for person in self.changed:
            if person not in self.round.wants:
                return {"applicant": names[person]}
        lines = self.round.question.lines
        wrong = np.flatnonzero(np.where(self.line >= 0, lines.post[self.line], -1) != self.post)
        if len(wrong):
            return {"applicant": names[wrong[0]]}
        size = len(lines.name)
        counts = [np.bincount(held[held >= 0], minlength=size) for held in (self.before, self.line)]
        other = np.flatnonzero(counts[0] != counts[1])
        if not len(other):
            return None
        at = int(other[0])
        return {
            "post": self.question.posts[lines.post[at]],
            "before": int(counts[0][at]),
            "after": int(counts[1][at]),
        }

    def losers(self) -> Witness:
        for person in self.changed:
            post = int(self.post[person])
            names = self.round.question.lines
            wanted = post in self.round.wants.get(person, ()) and self._claim(person, post) is not None
            if not wanted or not self._may_hold(person, names.names[names.name[self.line[person]]]):
                return self._pair(person, post)
        return None

    def passed_over(self) -> Witness:
        lines = self.round.question.lines
        for person in self.changed:
            post, name = int(self.post[person]), lines.names[lines.name[self.line[person]]]
            mine = self._claim(person, post)
            for claim, other in self._rather(post):
                if mine is not None and other != person and claim < mine and self._may_hold(other, name):
                    return self._pair(person, post) | {"better_claim": self.question.applicants[other]}
        return None

    def circle_left(self) -> Witness:
        """Draw an arrow from each consenting person to the lines they may still enter, and look for a circle."""
        lines = self.round.question.lines
        sitting: dict[int, list[int]] = {}
        for person in self.round.wants:
            sitting.setdefault(int(self.line[person]), []).append(person)
        arrows: dict[int, list[int]] = {}
        for person in self.round.wants:
            arrows[person] = []
            for post in self._still_wanted(person):
                for line in range(int(lines.start[post]), int(lines.start[post + 1])):
                    name = lines.names[lines.name[line]]
                    if (
                        line in sitting
                        and self._may_hold(person, name)
                        and self._may_enter(person, post, name)
                    ):
                        arrows[person] += sitting[line]
        left = set(arrows)
        while True:
            ends = {person for person in left if not left.intersection(arrows[person])}
            if not ends:
                break
            left -= ends
        if not left:
            return None
        person = min(left)
        return {"applicant": self.question.applicants[person], "because": "a permitted circle is left"}

    def _may_enter(self, person: int, post: int, name: str) -> bool:
        mine = self._claim(person, post)
        if mine is None:
            return False
        better = (
            other for claim, other in self._rather(post) if claim < mine and self._may_hold(other, name)
        )
        return all(other == person for other in better)

    def _still_wanted(self, person: int) -> tuple[int, ...]:
        wants = self.round.wants[person]
        held = int(self.post[person])
        return wants[: wants.index(held)] if held in wants else wants

    def _rather(self, post: int) -> list[tuple[tuple[Any, ...], int]]:
        """Everybody who would rather hold the post than what they hold now, best claim first."""
        if post in self._claimants:
            return self._claimants[post]
        found = []
        start, choices = self.question.choice_start, self.question.choices
        wishes = np.flatnonzero(choices == post)
        for wish, person in zip(
            wishes.tolist(), (np.searchsorted(start, wishes, side="right") - 1).tolist(), strict=True
        ):
            if person in self.round.wants:
                continue
            held = int(self.post[person])
            if held < 0 or held not in choices[int(start[person]) : wish + 1]:
                found.append(person)
        found += [person for person in self.round.wants if post in self._still_wanted(person)]
        claims = ((self._claim(person, post), person) for person in found)
        self._claimants[post] = sorted((claim, person) for claim, person in claims if claim is not None)
        return self._claimants[post]

    def _claim(self, person: int, post: int) -> tuple[Any, ...] | None:
        question = self.question
        orders = question.orders
        if orders is not None and orders.given[post]:
            begin, end = int(orders.start[post]), int(orders.start[post + 1])
            at = np.flatnonzero(orders.applicant[begin:end] == person)
            if not len(at):
                return None
            level: tuple[Any, ...] = (int(orders.level[begin + int(at[0])]),)
        else:
            level = tuple(-int(element.levels[element.codes[person]]) for element in question.merit)
        if self.round.claims != "order":
            return level
        name = question.applicants[person].encode("utf-8")
        lottery = question.lottery
        if lottery is None:
            return (*level, name)
        return (
            *level,
            hmac.digest((lottery.seed + (lottery.beacon or "")).encode("utf-8"), name, "sha256"),
            name,
        )

    def _may_hold(self, person: int, name: str) -> bool:
        return name == "open" or name in self.question.groups.get(person, ())

    def _pair(self, person: int, post: int) -> dict[str, Any]:
        return {
            "applicant": self.question.applicants[person],
            "post": self.question.posts[post] if post >= 0 else None,
        }
