"""Judging an answer with couples by the definition that the question names, word for word, on plain lists."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from cauce_engine.problems import Couple, Question


class Couples:
    """Finds objections: a person and a post, or a couple and a pair, that would both gain.

    ``question``: with the posts of their pairs as lists of couples' members (`pairs.expanded`). The rank of
    a person at a post is ``person_rank`` if ``common``, else the ``wish_rank`` of their wish for it.
    """

    def __init__(
        self,
        question: Question,
        couples: tuple[Couple, ...],
        person_rank: NDArray[Any],
        wish_rank: NDArray[Any],
        common: bool,
    ) -> None:
        self.question = question
        self.couples = couples
        self.loose = question.options.get("couples_definition") == "MM"
        self.seats: list[int] = question.capacity.tolist()
        bounds, choices = question.choice_start.tolist(), question.choices.tolist()
        ranks = None if common else wish_rank.tolist()
        alone = person_rank.tolist() if common else []
        self.rank: list[dict[int, int]] = [
            {choices[w]: alone[i] if ranks is None else ranks[w] for w in range(bounds[i], bounds[i + 1])}
            for i in range(len(question.applicants))
        ]
        self.members = {member for couple in couples for member in couple.members}

    def outside_lists(self, post: NDArray[Any]) -> dict[str, Any] | None:
        """The first couple whose outcome is not a pair of its list."""
        for couple in self.couples:
            outcome = tuple(int(post[member]) for member in couple.members)
            if outcome != (-1, -1) and list(outcome) not in couple.choices.tolist():
                return {"couple": couple.id, "pair": self._names(outcome)}
        return None

    def objections(
        self, post: NDArray[Any], *, first: bool = False, couples_only: bool = False
    ) -> list[dict[str, Any]]:
        """Every objection, or only the first."""
        mine: list[int] = post.tolist()
        holders: dict[int, list[int]] = {}
        for person, held in enumerate(mine):
            if held >= 0:
                holders.setdefault(held, []).append(person)
        found = []
        for couple in self.couples:
            for pair in couple.choices.tolist():
                if all(mine[member] == p for member, p in zip(couple.members, pair, strict=True)):
                    break
                if self._couple_objects(couple.members, pair, mine, holders):
                    found.append({"couple": couple.id, "pair": self._names(pair)})
                    if first:
                        return found
        if couples_only:
            return found
        for person, wishes in enumerate(self.rank):
            if person in self.members:
                continue
            for wanted, rank in wishes.items():
                if wanted == mine[person]:
                    break
                if rank >= 0 and self._open_to(wanted, rank, holders.get(wanted, []), leaving=()):
                    found.append(
                        {"applicant": self.question.applicants[person], "post": self.question.posts[wanted]}
                    )
                    if first:
                        return found
        return found

    def _names(self, pair: Any) -> list[str | None]:
        return [None if p < 0 else self.question.posts[p] for p in pair]

    def _open_to(self, post: int, rank: int, holders: list[int], *, leaving: tuple[int, ...]) -> bool:
        """A free seat, or someone behind this rank who is not among those leaving."""
        if len(holders) < self.seats[post]:
            return True
        return any(self.rank[h][post] > rank for h in holders if h not in leaving) and self.seats[post] > 0

    def _couple_objects(
        self, members: tuple[int, int], pair: list[int], mine: list[int], holders: dict[int, list[int]]
    ) -> bool:
        (a, b), (p, q) = members, pair
        ranks = [-1 if post < 0 else self.rank[m].get(post, -1) for m, post in ((a, p), (b, q))]
        if any(post >= 0 and rank < 0 for post, rank in zip(pair, ranks, strict=True)):
            return False
        if p == q and p >= 0:
            stays = p in (mine[a], mine[b])
            if not (self.loose and stays):
                return self._both_at(p, (a, b), ranks, holders.get(p, []))
        for member, partner, post, rank in ((a, b, p, ranks[0]), (b, a, q, ranks[1])):
            if post < 0 or post == mine[member]:
                continue
            if not self._open_to(post, rank, holders.get(post, []), leaving=(partner,)):
                return False
        return True

    def _both_at(self, post: int, members: tuple[int, int], ranks: list[int], holders: list[int]) -> bool:
        """A pair at one post, judged with the couple's own members taken out of it."""
        others: list[int] = sorted(self.rank[h][post] for h in holders if h not in members)
        free = self.seats[post] - len(others)
        low, high = max(ranks), min(ranks)
        if free >= 2:
            return True
        if self.loose:
            if free == 1:
                return any(rank > high for rank in others)
            return free == 0 and len(others) > 1 and others[-1] > low and others[-2] > high
        behind = sum(rank > low for rank in others)
        return free + behind >= 2 and self.seats[post] >= 2
