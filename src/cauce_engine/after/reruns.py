"""Working a correction into a published answer, touching only what it can reach.

Three steps give the answer that solving the corrected question from the beginning would give:

1. everybody whom an event names is taken out, and added seats are put in. Each seat that falls free goes to the
   best person who would rather have it, whose own seat falls free in turn (vacancy chains; Blum, Roth and
   Rothblum 1997). Everybody else ends the same or better, without envy or waste;
2. where posts have orders of their own, circles that make everyone on them better are carried out until none is
   left: then the answer is the best for applicants of the market without the people taken out;
3. those people come back with their corrected lists and ranks and propose; whoever is displaced goes on down
   their list. The sequence of proposals never matters (McVitie and Wilson 1971), so the answer is the best for
   applicants of the corrected question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from cauce_engine.after.corrections import Correction
from cauce_engine.after.standing import NOBODY, Standing


@dataclass(frozen=True, slots=True)
class Cause:
    """Why somebody's place changed: ``code`` ("vacancy": ``person`` left the post; "seats": it got a seat;
    "displaced": ``person`` came before them at the post they held; "circle": all on it gain; "event": an event
    names them; "component": their part of the market was solved again), and the number of the event behind it.
    """

    code: str
    person: int = NOBODY
    event: int = -1


@dataclass(slots=True)
class _Run:
    standing: Standing
    causes: dict[int, Cause] = field(default_factory=dict)
    vacated: dict[int, list[Cause]] = field(default_factory=dict)
    waiting: deque[int] = field(default_factory=deque)
    searched: dict[int, int] = field(default_factory=dict)
    """Posts whose best refused person may have changed, with the event behind it."""
    frontier: dict[int, int] = field(default_factory=dict)
    """By post, how many of its best people would certainly not rather have it; grows while all only gain."""

    def leave(self, person: int, cause: Cause) -> None:
        post = int(self.standing.post[person])
        self.standing.post[person] = NOBODY
        if post != NOBODY:
            self.open(post, 1, cause)

    def open(self, post: int, seats: int, cause: Cause) -> None:
        self.standing.free[post] += seats
        self.vacated.setdefault(post, []).extend([cause] * seats)
        self.waiting.append(post)

    def keenest(self, post: int) -> int:
        """The best person who would rather hold the post; `NOBODY` when there is none."""
        standing, people = self.standing, self.standing.unmoved(post)
        at = self.frontier.get(post)
        if at is None:
            at = standing.content(post)
        while at < len(people) and not standing.prefers(int(people[at]), post):
            at += 1
        self.frontier[post] = at
        return int(people[at]) if at < len(people) else NOBODY

    def pass_on(self) -> None:
        """Hand on free seats until nobody would rather have one."""
        standing = self.standing
        while self.waiting:
            post = self.waiting.popleft()
            while standing.free[post] > 0:
                person = self.keenest(post)
                if person == NOBODY:
                    break
                causes = self.vacated.get(post)
                because = causes.pop() if causes else Cause("vacancy")
                self.moving(person, because.event)
                self.leave(person, Cause("vacancy", person, because.event))
                standing.post[person] = post
                standing.free[post] -= 1
                self.causes[person] = because

    def taken_out(self, person: int, event: int) -> None:
        base = self.standing.base
        bounds = base.choice_start[person : person + 2]
        for post in base.choices[int(bounds[0]) : int(bounds[1])].tolist():
            self.searched.setdefault(post, event)
        self.leave(person, Cause("vacancy", person, event))

    def moving(self, person: int, event: int) -> None:
        """Mark the posts whose best refused person this may be, before the person moves."""
        wishes, held = self.standing.wishes(person), int(self.standing.post[person])
        for post in wishes:
            if post == held:
                break
            self.searched.setdefault(post, event)

    def turn_circles(self) -> None:
        """Carry out every circle of posts that each give a seat to the best person who would rather have it."""
        standing = self.standing
        while self.searched:
            begin, event = self.searched.popitem()
            path: dict[int, int] = {}
            post = begin
            while post != NOBODY and post not in path and standing.correction.seats_of(post) > 0:
                person = self.keenest(post)
                path[post] = person
                post = int(standing.post[person]) if person != NOBODY else NOBODY
            if post not in path:
                continue
            people = list(path.items())
            circle = people[[p for p, _ in people].index(post) :]
            for _, person in circle:
                self.moving(person, event)
            for wanted, person in circle:
                standing.post[person] = wanted
                self.causes[person] = Cause("circle", event=event)
            self.searched.setdefault(begin, event)

    def enter(self, person: int, event: int) -> None:
        """Let a person propose down their list, and everyone in turn whom this displaces."""
        standing = self.standing
        after = NOBODY
        because = Cause("event", event=event)
        while person != NOBODY:
            displaced, at = NOBODY, NOBODY
            begins = after == NOBODY
            standing.post[person] = NOBODY
            for post in standing.wishes(person):
                if not begins:
                    begins = post == after
                    continue
                key = standing.key(person, post)
                if key is None or standing.correction.seats_of(post) == 0:
                    continue
                if standing.free[post] > 0:
                    standing.free[post] -= 1
                    at = post
                    break
                displaced = self.last(post)
                worst = standing.key(displaced, post)
                if worst is not None and key < worst:
                    at = post
                    break
                displaced = NOBODY
            standing.post[person] = at
            self.causes[person] = because
            because = Cause("displaced", person, event)
            person, after = displaced, at

    def last(self, post: int) -> int:
        """Whoever holds the post and stands last there."""
        standing = self.standing
        people = [person for person in standing.named if standing.post[person] == post]
        unmoved = next(standing.holders(post), None)
        if unmoved is not None:
            people.append(unmoved)
        return max(people, key=lambda person: standing.key(person, post) or (0, 0, 0))


def rerun(correction: Correction) -> tuple[Standing, dict[int, Cause]]:
    """The answer to the corrected question, from the published one, and why each person moved.

    Only for questions in which every post chooses alone (`Question.simple`).
    """
    standing = Standing(correction)
    run = _Run(standing)
    for person in _by_name(correction.named):
        event = correction.named[person][0]
        run.taken_out(person, event)
    for number, added in enumerate(correction.events):
        if added.kind == "seats" and added.post is not None:
            run.open(correction.base.posts.index(added.post), added.add, Cause("seats", event=number))
    run.pass_on()
    if correction.base.orders is not None:
        run.turn_circles()
    for person in _by_name(correction.named):
        if person in correction.withdrawn:
            run.causes[person] = Cause("event", event=correction.named[person][0])
        else:
            run.enter(person, correction.named[person][0])
    return standing, run.causes


def _by_name(people: Iterable[int]) -> list[int]:
    """Indices of applicants are sorted by identifier."""
    return sorted(people)
