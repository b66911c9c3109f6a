"""A slow, obvious second implementation on plain lists and dictionaries: the oracle of the engine's tests."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from decimal import Decimal


def merit_order(document: dict) -> list[str]:
    """Identifiers, best first."""
    lottery = document.get("lottery")

    def key(applicant: dict) -> tuple:
        merit = tuple(-Decimal(str(value)) for value in applicant.get("merit") or [])
        ticket = ""
        if lottery:
            secret = (lottery["seed"] + lottery.get("beacon", "")).encode()
            ticket = hmac.new(secret, applicant["id"].encode(), hashlib.sha256).hexdigest()
        return (merit, ticket, applicant["id"])

    return [applicant["id"] for applicant in sorted(document["applicants"], key=key)]


def serial(document: dict) -> dict[str, str | None]:
    """Each person in turn takes the best that is left."""
    wishes = {applicant["id"]: applicant.get("choices", []) for applicant in document["applicants"]}
    left = {post["id"]: post["capacity"] for post in document["posts"]}
    places: dict[str, str | None] = {}
    for person in merit_order(document):
        places[person] = next((post for post in wishes[person] if left[post] > 0), None)
        if places[person] is not None:
            left[places[person]] -= 1
    return places


def every_assignment(document: dict):
    """Every way to give each person one of their choices or nothing, within the seats."""
    people = document["applicants"]
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    options = [[*person.get("choices", []), None] for person in people]
    for combination in itertools.product(*options):
        held = [post for post in combination if post is not None]
        if all(held.count(post) <= seats[post] for post in set(held)):
            yield {person["id"]: post for person, post in zip(people, combination, strict=True)}


def objections(document: dict, places: dict[str, str | None]) -> list[tuple[str, str]]:
    """Pairs (person, post): the person prefers the post, which has a free seat or took someone behind them."""
    rank = {person: place for place, person in enumerate(merit_order(document))}
    found = []
    for applicant in document["applicants"]:
        person = applicant["id"]
        for post in applicant.get("choices", []):
            if post == places[person]:
                break
            holders = [other for other, held in places.items() if held == post]
            seats = next(entry["capacity"] for entry in document["posts"] if entry["id"] == post)
            if len(holders) < seats or any(rank[other] > rank[person] for other in holders):
                found.append((person, post))
    return found


def post_orders(document: dict) -> dict[str, list[str]]:
    """For each post, the people that it lists, best first, ties settled by ticket, then identifier."""
    chance = {
        "lottery": document.get("lottery"),
        "applicants": [{"id": a["id"]} for a in document["applicants"]],
    }
    drawn = merit_order(chance).index
    orders = {}
    for post in document["posts"]:
        if post.get("order") is None:
            orders[post["id"]] = merit_order(document)
            continue
        listed = []
        for entry in post["order"]:
            listed += sorted(entry, key=drawn) if isinstance(entry, list) else [entry]
        orders[post["id"]] = listed
    return orders


def blocking_pairs(document: dict, places: dict[str, str | None]) -> list[tuple[str, str]]:
    """Pairs that list each other and would both gain: the definition of stability, word for word."""
    orders = post_orders(document)
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    found = []
    for applicant in document["applicants"]:
        person = applicant["id"]
        for post in applicant.get("choices", []):
            if post == places[person]:
                break
            if person not in orders[post]:
                continue
            holders = [other for other, held in places.items() if held == post]
            rank = orders[post].index
            if len(holders) < seats[post] or any(rank(other) > rank(person) for other in holders):
                found.append((person, post))
    return found


def mutual(document: dict) -> dict:
    """The same question with the wishes that posts do not return left out."""
    orders = post_orders(document)
    people = [
        {**person, "choices": [post for post in person.get("choices", []) if person["id"] in orders[post]]}
        for person in document["applicants"]
    ]
    return {**document, "applicants": people}


def stable_answers(document: dict) -> list[dict[str, str | None]]:
    """Every stable answer, by trying every assignment."""
    wanted = mutual(document)
    return [places for places in every_assignment(wanted) if not blocking_pairs(document, places)]


def best_for_applicants(document: dict) -> dict[str, str | None]:
    """Deferred acceptance, one proposal at a time."""
    orders = post_orders(document)
    lists = {person["id"]: list(person["choices"]) for person in mutual(document)["applicants"]}
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    places: dict[str, str | None] = dict.fromkeys(sorted(lists))
    waiting = sorted(lists)
    while waiting:
        person = waiting.pop()
        if not lists[person]:
            continue
        post = lists[person].pop(0)
        places[person] = post
        holders = [other for other, held in places.items() if held == post]
        if len(holders) > seats[post]:
            loser = max(holders, key=orders[post].index)
            places[loser] = None
            waiting.append(loser)
    return places
