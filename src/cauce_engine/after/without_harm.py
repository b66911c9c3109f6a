"""Putting right what an appeal showed without moving anybody else: extra seats, and the waiting list."""

from __future__ import annotations

from cauce_engine.after.corrections import Correction
from cauce_engine.after.reruns import Cause
from cauce_engine.after.standing import NOBODY, Key, Standing


def extra_seats(correction: Correction) -> tuple[Standing, dict[int, Cause]]:
    """Everybody whose appeal was upheld gets the best post at which the published answer passed them over.

    They have a *claim* at a post that they would rather hold and that lists them, if it had a free seat, or if
    somebody holds it who stands behind them in the corrected order and has no appeal in this correction. The
    seat is an extra one where the post is full. Whoever withdraws leaves an open seat. Nobody else changes.
    """
    standing = Standing(correction)
    causes = {}
    for person in sorted(correction.named):
        event = correction.named[person][0]
        target = NOBODY if person in correction.withdrawn else _best_claim(standing, person)
        if target != int(standing.post[person]):
            causes[person] = Cause("event", event=event)
            standing.post[person] = target
    for post, seats in correction.seats.items():
        standing.free[post] += seats
    for person in causes:
        before, after = int(correction.before[person]), int(standing.post[person])
        if before != NOBODY:
            standing.free[before] += 1
        if after != NOBODY:
            standing.free[after] -= 1
    return standing, causes


def _best_claim(standing: Standing, person: int) -> int:
    """The best post on the corrected list at which the person has a claim; otherwise the one they hold."""
    published = standing.correction.before
    held = int(published[person])
    wishes = standing.wishes(person)
    for post, at in wishes.items():
        if held != NOBODY and at >= wishes.get(held, len(wishes)):
            break
        mine = standing.key(person, post)
        if mine is None or standing.base.capacity[post] == 0:
            continue
        if standing.free[post] > 0 or any(theirs > mine for theirs in _beatable(standing, post)):
            return post
    return held


def _beatable(standing: Standing, post: int) -> list[Key]:
    """Where the last of those who published as holders of a post, and have no appeal, stand in it."""
    keys = [
        standing.key(person, post)
        for person in standing.correction.withdrawn
        if standing.correction.before[person] == post
    ]
    last = next(standing.holders(post), None)
    keys.append(None if last is None else standing.key(last, post))
    return [key for key in keys if key is not None]


def waiting_list(correction: Correction) -> tuple[Standing, dict[int, Cause]]:
    """`extra_seats`, and then open seats go to people without a place, by deferred acceptance among them alone.

    Nobody who holds a place moves, also where they would have had the better claim to an open seat.
    """
    standing, causes = extra_seats(correction)
    base = correction.base
    reason: dict[int, list[Cause]] = {}
    for person in sorted(causes):
        if correction.before[person] != NOBODY:
            cause = Cause("vacancy", person, causes[person].event)
            reason.setdefault(int(correction.before[person]), []).append(cause)
    for number, event in enumerate(correction.events):
        if event.kind == "seats":
            cause = Cause("seats", event=number)
            reason.setdefault(base.posts.index(event.post), []).append(cause)
    room = {post: int(standing.free[post]) for post in reason if standing.free[post] > 0}
    people = {p for p in correction.named if standing.post[p] == NOBODY and p not in correction.withdrawn}
    for post in _open_to(standing, people) - room.keys():
        room[post] = int(standing.free[post])
    for post in room:
        listed = standing.unmoved(post)
        people.update(listed[standing.post[listed] == NOBODY].tolist())
    for person, post in _deferred(standing, room, people).items():
        because = reason.get(post) or [Cause("vacancy")]
        causes[person] = because.pop() if len(because) > 1 else because[0]
        standing.post[person] = post
        standing.free[post] -= 1
    return standing, causes


def _open_to(standing: Standing, people: set[int]) -> set[int]:
    """Posts with open seats that people named by an event ask for."""
    return {post for person in people for post in standing.wishes(person) if standing.free[post] > 0}


def _deferred(standing: Standing, room: dict[int, int], people: set[int]) -> dict[int, int]:
    """Who gets which of the open seats: the best answer for these people without envy or waste among them."""
    following = {person: iter(standing.wishes(person)) for person in people}
    held: dict[int, list[tuple[Key, int]]] = {post: [] for post in room}
    waiting = sorted(people, reverse=True)
    while waiting:
        person = waiting.pop()
        for post in following[person]:
            key = standing.key(person, post) if post in room else None
            if key is None:
                continue
            held[post].append((key, person))
            held[post].sort()
            if len(held[post]) > room[post]:
                refused = held[post].pop()[1]
                if refused != person:
                    waiting.append(refused)
                    break
                continue
            break
    return {person: post for post, taken in held.items() for _, person in taken}
