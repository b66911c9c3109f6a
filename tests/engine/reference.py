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


def chosen_by_post(document: dict, post: dict, pool: list[str], most: int = 10**9) -> dict[str, str]:
    """Whom a post takes from a pool (best first), at most so many, and into which class of seats."""
    groups = {person["id"]: person.get("groups", []) for person in document["applicants"]}
    classes = post.get("classes") or [{"group": None, "seats": post["capacity"]}]
    turns = {c["group"] or "open": c.get("reverts_to") for c in classes}
    seated: dict[str, str] = {}

    def fill(name: str, seats: int) -> int:
        for person in pool:
            entitled = name == "open" or name in groups[person]
            if seats > 0 and len(seated) < most and person not in seated and entitled:
                seated[person] = name
                seats -= 1
        return seats

    unused = [(c["group"] or "open", fill(c["group"] or "open", c["seats"])) for c in classes]
    for name, seats in unused:
        turned = turns[name]
        while turned is not None:
            seats = fill(turned, seats)
            turned = turns.get(turned)
    return seated


def chosen_by_region(document: dict, region: dict, pools: dict[str, list[str]]) -> dict[tuple[str, str], str]:
    """(person, post) that a region takes from pools by post, best first, with the class of the seat."""
    posts = sorted((p for p in document["posts"] if p.get("region") == region["id"]), key=lambda p: p["id"])
    count = dict.fromkeys([post["id"] for post in posts], 0)
    target = {post["id"]: min(post.get("target", 0), post["capacity"]) for post in posts}
    most = {
        post["id"]: target[post["id"]] if region.get("rule") == "target" else post["capacity"]
        for post in posts
    }
    able = {p["id"]: len(chosen_by_post(document, p, pools.get(p["id"], []), most[p["id"]])) for p in posts}
    for own in (True, False):
        for _ in range(100):
            for name in count:
                limit = min(able[name], target[name]) if own else able[name]
                if sum(count.values()) < region["cap"] and count[name] < limit:
                    count[name] += 1
    return {
        (person, post["id"]): seat
        for post in posts
        for person, seat in chosen_by_post(
            document, post, pools.get(post["id"], []), count[post["id"]]
        ).items()
    }


def stable_by_choice(document: dict) -> list[dict[str, str | None]]:
    """Every answer in which each post or region, asked again, takes exactly those whom it has."""
    orders = post_orders(document)
    wanted = mutual(document)
    answers = []
    for places in every_assignment(wanted):
        pools: dict[str, list[str]] = {}
        for post in document["posts"]:
            name = post["id"]
            pools[name] = [
                person
                for person in orders[name]
                if any(
                    p["id"] == person and name in upto(p["choices"], places[person])
                    for p in wanted["applicants"]
                )
            ]
        held = {(person, post) for person, post in places.items() if post is not None}
        taken: set[tuple[str, str]] = set()
        for post in document["posts"]:
            if post.get("region") is None:
                taken |= {(p, post["id"]) for p in chosen_by_post(document, post, pools[post["id"]])}
        for region in document.get("regions", []):
            taken |= chosen_by_region(document, region, pools).keys()
        if taken == held:
            answers.append(places)
    return answers


def upto(choices: list[str], held: str | None) -> list[str]:
    """The wishes that a person likes at least as much as what they hold."""
    return choices if held is None else choices[: choices.index(held) + 1]


def couple_objections(document: dict, places: dict[str, str | None]) -> list:
    """Objections of singles and couples, by the definition that the question names."""
    orders = post_orders(document)
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    loose = document.get("options", {}).get("couples_definition") == "MM"
    inside = {member for couple in document["couples"] for member in couple["members"]}
    singles = [person for person in document["applicants"] if person["id"] not in inside]
    found: list = list(blocking_pairs({**document, "applicants": document["applicants"]}, places))
    assert all(person not in inside for person, _ in found)
    assert len(singles) + len(inside) == len(document["applicants"])

    def holders(post, *without):
        return [person for person, held in places.items() if held == post and person not in without]

    def reaches(member, partner, post):
        if post is None or places[member] == post:
            return True
        rank = orders[post].index
        free = seats[post] - len(holders(post))
        return free > 0 or any(rank(other) > rank(member) for other in holders(post, partner))

    for couple in document["couples"]:
        a, b = couple["members"]
        for p, q in couple["choices"]:
            if (places[a], places[b]) == (p, q):
                break
            if (p is not None and a not in orders[p]) or (q is not None and b not in orders[q]):
                continue
            if p is None or p != q or (loose and p in (places[a], places[b])):
                if reaches(a, b, p) and reaches(b, a, q):
                    found.append((couple["id"], p, q))
                continue
            rank = orders[p].index
            others = [rank(person) for person in holders(p, a, b)]
            free, ranks = seats[p] - len(others), (rank(a), rank(b))
            if loose:
                two = any(x > ranks[0] and y > ranks[1] for x in others for y in others if x != y)
                gains = (
                    free >= 2 or (free == 1 and any(x > min(ranks) for x in others)) or (free == 0 and two)
                )
            else:
                behind = [x for x in others if x > max(ranks)]
                gains = free >= 2 or (free == 1 and len(behind) >= 1) or (free == 0 and len(behind) >= 2)
            if gains:
                found.append((couple["id"], p, q))
    return found


def tiers(document: dict) -> dict[str, dict[str, int]]:
    """By post, the tier of each person that it would take: equal tiers are tied."""
    found = {}
    some_merit = any(person.get("merit") for person in document["applicants"])
    for post in document["posts"]:
        if post.get("order") is None:
            merit = {
                a["id"]: tuple(-Decimal(str(v)) for v in a.get("merit") or [])
                for a in document["applicants"]
                if a.get("merit") or not some_merit
            }
            values = sorted(set(merit.values()))
            found[post["id"]] = {person: values.index(value) for person, value in merit.items()}
        else:
            found[post["id"]] = {
                person: tier
                for tier, entry in enumerate(post["order"])
                for person in (entry if isinstance(entry, list) else [entry])
            }
    return found


def weak_objections(document: dict, places: dict[str, str | None]) -> list[tuple[str, str]]:
    """Pairs (person, post): refused although a seat is free or the post took somebody strictly behind."""
    tier, wanted = tiers(document), mutual(document)
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    found = []
    for applicant in wanted["applicants"]:
        person = applicant["id"]
        for post in applicant["choices"]:
            if post == places[person]:
                break
            holders = [tier[post][other] for other, held in places.items() if held == post]
            if len(holders) < seats[post] or max(holders, default=-1) > tier[post][person]:
                found.append((person, post))
    return found


def weakly_stable_answers(document: dict) -> list[dict[str, str | None]]:
    """Every answer in which nobody is refused a free seat or a post that took somebody strictly behind."""
    wanted = mutual(document)
    return [places for places in every_assignment(wanted) if not weak_objections(document, places)]


def weak_reasons(document: dict, places: dict[str, str | None]) -> dict[str, list[tuple]]:
    """For every wish of every person in a weakly stable answer: code, last place, distance, tied holders."""
    tier = tiers(document)
    seats = {post["id"]: post["capacity"] for post in document["posts"]}
    reasons: dict[str, list[tuple]] = {}
    for applicant in document["applicants"]:
        person, served = applicant["id"], False
        reasons[person] = []
        for post in applicant.get("choices", []):
            served = served or places[person] == post
            if person not in tier[post]:
                reason = ("dropped", 0, 0, 0)
            elif places[person] == post:
                reason = ("placed", 0, 0, 0)
            elif served:
                reason = ("not_reached", 0, 0, 0)
            elif not seats[post]:
                reason = ("no_seats", 0, 0, 0)
            else:
                holders = [tier[post][other] for other, held in places.items() if held == post]
                mine, last = tier[post][person], max(holders)
                between = [other for other in tier[post].values() if last <= other < mine]
                last_place = 1 + sum(other < last for other in tier[post].values())
                code = "behind" if last < mine else "tied"
                reason = (code, last_place, len(between), holders.count(mine))
            reasons[person].append(reason)
    return reasons
