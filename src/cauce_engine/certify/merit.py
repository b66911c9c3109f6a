"""Checks of an answer in which one order of merit decides everywhere, without sorting anybody.

Equal merit is compared by ticket only where it could matter: between the holders of a full post who share
its lowest merit, and those refused there with that same merit. The other tickets cannot change a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cauce_engine.certify.order import chances, standing
from cauce_engine.certify.witnesses import Witness, line_untrue, of_wish, overfull

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cauce_engine.problems import Question
    from cauce_engine.results import Allocation


class ByMerit:
    """What the checks look at: who holds each post, who is last there, and who was refused in vain."""

    def __init__(self, question: Question, answer: Allocation) -> None:
        from cauce_engine.certify import loops  # noqa: PLC0415 - the compiler loads when it is needed

        self.question, self.answer = question, answer
        value = standing(question)
        count, worst, last, sharing = loops.posts_held(answer.post, value, len(question.posts))
        # Room for every wish and person; what is not written to costs nothing.
        tied, ahead = np.empty(len(question.choices), np.int64), np.empty(len(question.choices), np.int64)
        lowest = np.empty(len(question.applicants), np.int64)
        stranger, envy, waste, ties, sharers = loops.refused_by_merit(
            question.choice_start, question.choices, answer.post, value, count, question.capacity, worst,
            sharing, tied, ahead, lowest,
        )  # fmt: skip
        self.count, self.last, self.stranger, self.waste = count, last, int(stranger), int(waste)
        self.envy = self._settled(int(envy), tied[:ties], ahead[:ties], lowest[:sharers])

    def _settled(
        self, envy: int, ties: NDArray[np.int64], refused: NDArray[np.int64], lowest: NDArray[np.int64]
    ) -> int:
        """Decide ties at the last admitted: sets ``last`` and returns the first wish of justified envy, or -1.

        ``ties``: wishes refused by a post whose last admitted has the same merit, ``refused``: their people;
        ``lowest``: who shares the lowest merit of the post that they hold.
        """
        question, post = self.question, self.answer.post
        asked = question.choices[ties]
        lowest = np.concatenate((lowest, self.last[asked]))
        people, index = np.unique(np.concatenate((lowest, refused)), return_inverse=True)
        if not len(people):
            return envy
        chance = chances(question, people)[index]
        of_lowest = chance[: len(lowest)]
        deepest = np.full(len(question.posts), -1, np.int64)
        np.maximum.at(deepest, post[lowest], of_lowest)
        is_last = of_lowest == deepest[post[lowest]]
        self.last[post[lowest[is_last]]] = lowest[is_last]
        wishes = ties[chance[len(lowest) :] < deepest[asked]]
        return envy if not len(wishes) else int(wishes[0]) if envy < 0 else min(envy, int(wishes[0]))

    def findings(self) -> dict[str, Witness]:
        """The witness against A1 to A4, None where there is none."""
        return {
            "A1": overfull(self.question, self.count),
            "A2": self._unlisted(),
            "A3": self._envied(),
            "A4": self._wasted(),
        }

    def lines_untrue(self) -> Witness:
        """A cut-off that does not name the last person admitted.

        Where A1 to A4 hold and every line is true, following the lines leads everybody to their place: a
        preferred post is full (A4) of people who come before them (A3), so its line is not reached; their own
        is, because nobody admitted there comes after the last.
        """
        return line_untrue(self.question, self.answer, self.count, self.last)

    def _unlisted(self) -> Witness:
        if self.stranger < 0:
            return None
        post = self.question.posts[self.answer.post[self.stranger]]
        return {"applicant": self.question.applicants[self.stranger], "post": post}

    def _envied(self) -> Witness:
        if self.envy < 0:
            return None
        post = int(self.question.choices[self.envy])
        return of_wish(self.question, self.envy) | {"behind": self.question.applicants[self.last[post]]}

    def _wasted(self) -> Witness:
        if self.waste < 0:
            return None
        post = int(self.question.choices[self.waste])
        open_seats = int(self.question.capacity[post] - self.count[post])
        return of_wish(self.question, self.waste) | {"open_seats": open_seats}
