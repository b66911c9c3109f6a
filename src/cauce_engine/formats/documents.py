"""Reading a question in the open format, from a document or from bytes that a stranger sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from mmap import mmap
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from cauce_engine.faults import InvalidQuestion, quoted
from cauce_engine.formats.columns import MAGIC
from cauce_engine.lottery import Lottery
from cauce_engine.problems import (
    FORMAT,
    OPEN,
    Couple,
    Orders,
    PostTerms,
    Question,
    Region,
    SeatClass,
    Share,
    flatten,
    refuse_identifier,
    whole_number,
)

LARGEST = 256 * 2**20
"""Bytes of the largest question read from a file; memory stays within a small multiple of what is read."""
MOST_CONTAINERS = 20_000_000
"""Lists and objects in one file: empty ones weigh twenty times their bytes once they are read."""

MOST_SHARES = 6
_TOP = {
    "format", "mechanism", "applicants", "posts", "couples", "regions", "lottery", "options", "log", "shares",
}  # fmt: skip
_APPLICANT = {"id", "choices", "groups", "merit"}
_POST = {"id", "capacity", "order", "classes", "region", "target", "minimum", "shares"}


def read_question(data: bytes | mmap) -> Question:
    """Read a question of any origin, JSON or columns; `InvalidQuestion` whatever is wrong with it."""
    if data[:4] == MAGIC:
        from cauce_engine.formats.columnar import question_of  # noqa: PLC0415 - it imports this module

        return question_of(data)
    return parse_question(read_json(bytes(data), InvalidQuestion))


def parse_question(document: Mapping[str, Any]) -> Question:
    """Build the question that a document in the open format states; `InvalidQuestion` for its first fault."""
    if not isinstance(document, Mapping):
        raise InvalidQuestion("", "the question is {document}, not an object", document=quoted(document))
    if document.get("format") != FORMAT:
        raise InvalidQuestion(
            "format", "{format} is not {value}", format=quoted(document.get("format")), value=quoted(FORMAT)
        )
    refuse_unknown(document, _TOP, "")
    rows = {name: rows_of(document, name) for name in ("applicants", "posts", "couples", "regions")}
    for name in ("applicants", "posts"):
        if name not in document:
            raise InvalidQuestion(name, "is missing")
    applicants = _applicants(rows["applicants"])
    lottery = lottery_of(document.get("lottery"))
    for at, row in enumerate(rows["posts"]):
        refuse_unknown(row, _POST, f"posts[{at}]")
        if "capacity" not in row:
            raise InvalidQuestion(f"posts[{at}].capacity", "is missing")
        if "id" not in row:
            raise InvalidQuestion(f"posts[{at}].id", "is missing")
    counts, flat = flatten(applicants.choices)
    mechanism = document.get("mechanism")
    question = Question.from_columns(
        mechanism=mechanism if isinstance(mechanism, str) else "",
        applicants=applicants.identifiers,
        choice_counts=counts,
        choices=flat,
        posts=[row["id"] for row in rows["posts"]],
        capacities=[row["capacity"] for row in rows["posts"]],
        merit=applicants.merit_columns(),
        lottery=lottery,
        groups=applicants.groups,
        options=object_of(document.get("options"), "options"),
    )
    return completed(question, document, rows["posts"])


def completed(question: Question, document: Mapping[str, Any], posts: list[Any]) -> Question:
    """The question with all that its columns do not say: regions, classes, orders, couples, shares, log.

    ``posts``: rows with ``id`` and ``capacity``, at least for the posts that say more than that.
    """
    regions = _regions(rows_of(document, "regions"))
    post_of = {post: index for index, post in enumerate(question.posts)}
    terms = _terms(posts, post_of, {region.id: region for region in regions})
    _refuse_small_caps(rows_of(document, "regions"), terms)
    return replace(
        question,
        regions=regions,
        terms=terms,
        orders=_orders(posts, question, post_of),
        couples=_couples(rows_of(document, "couples"), question, post_of),
        shares=_top_shares(rows_of(document, "shares"), question.mechanism),
        log=_log(rows_of(document, "log"), question, post_of),
    )


class Inexact:
    """A JSON number with a fraction or an exponent: nothing in the format may be one."""

    def __init__(self, text: str) -> None:
        self.text = text[:40]

    def __str__(self) -> str:
        return self.text


def read_json(data: bytes, fault: Callable[..., Exception], *, largest: int = LARGEST) -> Any:
    """Parse JSON that nobody vouches for.

    ``fault(place, template, **values)`` makes the exception raised for anything unreadable: too large, too deep, not
    UTF-8, a key twice in an object, NaN, a number with more than 40 digits. Fractions become `Inexact`.
    """

    def refuse(problem: str, **values: object) -> NoReturn:
        raise fault("", problem, **values)

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= 40 else refuse("holds a number of more than 40 digits")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique = dict(pairs)
        if len(unique) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            refuse("the key {name} stands twice in the same object", name=quoted(twice))
        return unique

    if len(data) > largest:
        refuse("is larger than {largest} bytes", largest=largest)
    if data.count(b"[") + data.count(b"{") > MOST_CONTAINERS:
        refuse("holds more than {most} lists and objects", most=MOST_CONTAINERS)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse("is not UTF-8: byte {byte} cannot be read", byte=error.start)
    try:
        value = json.loads(
            text,
            object_pairs_hook=once,
            parse_int=whole,
            parse_float=Inexact,
            parse_constant=lambda name: refuse("{name} is not a number of the format", name=name),
        )
    except json.JSONDecodeError as error:
        refuse(
            "is not JSON: line {line}, column {column}: {message}",
            line=error.lineno,
            column=error.colno,
            message=error.msg,
        )
    except RecursionError:
        refuse("is nested too deeply")
    return value


def refuse_unknown(row: Any, known: set[str], place: str) -> None:
    if not isinstance(row, Mapping):
        raise InvalidQuestion(place, "{row} is not an object", row=quoted(row))
    if not row.keys() <= known:
        name = next(key for key in row if key not in known)
        raise InvalidQuestion(
            place,
            "the field {name} is not known; fields: {known}",
            name=quoted(name),
            known=", ".join(sorted(known)),
        )


def rows_of(document: Mapping[str, Any], name: str, place: str = "") -> list[Any]:
    value = document.get(name)
    if value is None:
        return []
    return _list(value, place or name)


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise InvalidQuestion(place, "{value} is not a list", value=quoted(value))
    return list(value)


def object_of(value: Any, place: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidQuestion(place, "{value} is not an object", value=quoted(value))
    return dict(value)


class _Applicants:
    """The rows of `applicants` turned into columns; checks only what columns cannot."""

    def __init__(self) -> None:
        self.identifiers: list[str] = []
        self.choices: list[list[str]] = []
        self.groups: dict[int, tuple[str, ...]] = {}
        self.merit: list[list[Any] | None] = []

    def merit_columns(self) -> list[list[Any]]:
        width = max((len(values) for values in self.merit if values), default=0)
        if not width:
            return []
        for at, values in enumerate(self.merit):
            if values is not None and len(values) != width:
                raise InvalidQuestion(
                    f"applicants[{at}].merit",
                    "has {values} elements; another applicant has {width}",
                    values=len(values),
                    width=width,
                )
        empty = [None] * width
        return [list(column) for column in zip(*(values or empty for values in self.merit), strict=True)]


def _applicants(rows: list[Any]) -> _Applicants:
    gathered = _Applicants()
    for at, row in enumerate(rows):
        if not isinstance(row, Mapping) or not row.keys() <= _APPLICANT:
            refuse_unknown(row, _APPLICANT, f"applicants[{at}]")
        choices = row.get("choices") or []
        if not isinstance(choices, (list, tuple)):
            raise InvalidQuestion(
                f"applicants[{at}].choices", "{choices} is not a list", choices=quoted(choices)
            )
        if "id" not in row:
            raise InvalidQuestion(f"applicants[{at}].id", "is missing")
        gathered.identifiers.append(row["id"])
        gathered.choices.append(list(choices))
        merit = row.get("merit")
        gathered.merit.append(_merit_row(merit, at) if merit is not None else None)
        if row.get("groups"):
            gathered.groups[at] = groups_of(row["groups"], f"applicants[{at}].groups")
    return gathered


def _merit_row(merit: Any, at: int) -> list[Any] | None:
    values = _list(merit, f"applicants[{at}].merit")
    if None in values:
        raise InvalidQuestion(f"applicants[{at}].merit[{values.index(None)}]", "null is not an exact decimal")
    return values or None


def groups_of(value: Any, place: str) -> tuple[str, ...]:
    names = _list(value, place)
    for at, name in enumerate(names):
        refuse_identifier(name, f"{place}[{at}]")
        if name == OPEN:
            raise InvalidQuestion(f"{place}[{at}]", '"open" is the class of everybody, not a group')
        if name in names[:at]:
            raise InvalidQuestion(f"{place}[{at}]", "{name} is already in this list", name=quoted(name))
    return tuple(names)


def lottery_of(value: Any) -> Lottery | None:
    if value is None:
        return None
    fields = object_of(value, "lottery")
    refuse_unknown(fields, {"seed", "commitment", "beacon"}, "lottery")
    if "seed" not in fields:
        raise InvalidQuestion("lottery.seed", "is missing")
    return Lottery(fields["seed"], fields.get("commitment"), fields.get("beacon"))


def _top_shares(rows: list[Any], mechanism: str) -> tuple[Share, ...]:
    if rows and mechanism == "live":
        raise InvalidQuestion("shares", "a choice in person goes by merit alone; use serial or stable")
    return _shares(rows, "shares")


def _shares(rows: list[Any], place: str) -> tuple[Share, ...]:
    shares: list[Share] = []
    for at, row in enumerate(rows):
        here = f"{place}[{at}]"
        refuse_unknown(row, {"group", "percent"}, here)
        refuse_identifier(row.get("group"), f"{here}.group")
        if row["group"] == OPEN:
            raise InvalidQuestion(f"{here}.group", '"open" is the class of everybody, not a group')
        if any(row["group"] == share.group for share in shares):
            name = quoted(row["group"])
            raise InvalidQuestion(f"{here}.group", "{name} is already in this list", name=name)
        percent = whole_number(row.get("percent"), f"{here}.percent", most=100)
        shares.append(Share(row["group"], percent))
    if len(shares) > MOST_SHARES:
        raise InvalidQuestion(
            place, "has {count} shares; at most {most}", count=len(shares), most=MOST_SHARES
        )
    return tuple(shares)


def _regions(rows: list[Any]) -> tuple[Region, ...]:
    regions: dict[str, Region] = {}
    for at, row in enumerate(rows):
        place = f"regions[{at}]"
        refuse_unknown(row, {"id", "cap", "rule"}, place)
        refuse_identifier(row.get("id"), f"{place}.id")
        if row["id"] in regions:
            raise InvalidQuestion(f"{place}.id", "{id} is already declared", id=quoted(row["id"]))
        if row.get("rule", "flexible") not in ("flexible", "target"):
            raise InvalidQuestion(
                f"{place}.rule", "{rule} is neither flexible nor target", rule=quoted(row["rule"])
            )
        cap = whole_number(row.get("cap"), f"{place}.cap")
        regions[row["id"]] = Region(row["id"], cap, row.get("rule", "flexible"))
    return tuple(regions[name] for name in sorted(regions))


def _terms(rows: list[Any], post_of: dict[str, int], regions: dict[str, Region]) -> dict[int, PostTerms]:
    terms = {}
    for at, row in enumerate(rows):
        place = f"posts[{at}]"
        region, target, minimum = row.get("region"), row.get("target"), row.get("minimum")
        if region is not None and (not isinstance(region, str) or region not in regions):
            raise InvalidQuestion(f"{place}.region", "region {region} is not declared", region=quoted(region))
        if target is not None:
            whole_number(target, f"{place}.target")
        if minimum is not None and whole_number(minimum, f"{place}.minimum") > row["capacity"]:
            raise InvalidQuestion(
                f"{place}.minimum",
                "{minimum} is above the capacity, {capacity}",
                minimum=minimum,
                capacity=row["capacity"],
            )
        if minimum and region is not None and regions[region].rule == "target" and minimum > (target or 0):
            problem = "{minimum} is above the target, {target}, to which the region cuts the post"
            raise InvalidQuestion(f"{place}.minimum", problem, minimum=minimum, target=target or 0)
        classes = _classes(row.get("classes"), row["capacity"], f"{place}.classes")
        shares = _shares(rows_of(row, "shares", f"{place}.shares"), f"{place}.shares")
        stated = PostTerms(classes, region, target, minimum, shares)
        if stated != PostTerms():
            terms[post_of[row["id"]]] = stated
    return dict(sorted(terms.items()))


def _refuse_small_caps(rows: list[Any], terms: dict[int, PostTerms]) -> None:
    """A region whose cap cannot hold what its posts promise: their minima, and the seats kept for groups."""
    for at, row in enumerate(rows):
        inside = [post for post in terms.values() if post.region == row["id"]]
        least = sum(post.minimum or 0 for post in inside)
        kept = sum(c.seats for post in inside for c in post.classes if c.group is not None)
        if row["cap"] < least:
            problem = "{cap} is below the minima of its posts, {least} in all"
            raise InvalidQuestion(f"regions[{at}].cap", problem, cap=row["cap"], least=least)
        if row["cap"] < kept:
            problem = "{cap} is below the seats that its posts keep for groups, {kept} in all"
            raise InvalidQuestion(f"regions[{at}].cap", problem, cap=row["cap"], kept=kept)


def _classes(value: Any, capacity: int, place: str) -> tuple[SeatClass, ...]:
    if value is None:
        return ()
    classes: list[SeatClass] = []
    for at, row in enumerate(_list(value, place)):
        here = f"{place}[{at}]"
        refuse_unknown(row, {"group", "seats", "reverts_to"}, here)
        group, reverts = row.get("group"), row.get("reverts_to")
        for name, named in (("group", group), ("reverts_to", reverts)):
            if named is not None:
                refuse_identifier(named, f"{here}.{name}")
        if group == OPEN:
            raise InvalidQuestion(f"{here}.group", 'the open class has "group": null')
        seats = SeatClass(group, whole_number(row.get("seats"), f"{here}.seats"), reverts)
        if any(seats.name == other.name for other in classes):
            raise InvalidQuestion(
                f"{here}.group", "the class {name} is already in this list", name=quoted(seats.name)
            )
        classes.append(seats)
    if classes and sum(c.seats for c in classes) != capacity:
        total = sum(c.seats for c in classes)
        raise InvalidQuestion(
            place, "the seats add up to {total}; the capacity is {capacity}", total=total, capacity=capacity
        )
    _refuse_circles(classes, place)
    return tuple(classes)


def _refuse_circles(classes: list[SeatClass], place: str) -> None:
    turns_into = {c.name: c.reverts_to for c in classes}
    for at, seats in enumerate(classes):
        if seats.reverts_to is not None and seats.reverts_to not in {*turns_into, OPEN}:
            problem = "{reverts_to} is not a class of this post"
            raise InvalidQuestion(f"{place}[{at}].reverts_to", problem, reverts_to=quoted(seats.reverts_to))
        name, steps = seats.reverts_to, 0
        while name is not None:
            name, steps = turns_into.get(name), steps + 1
            if steps > len(classes):
                raise InvalidQuestion(f"{place}[{at}].reverts_to", "unused seats would go round in a circle")


def _orders(rows: list[Any], question: Question, post_of: dict[str, int]) -> Orders | None:
    if all(row.get("order") is None for row in rows):
        return None
    if question.mechanism != "stable":
        at = next(at for at, row in enumerate(rows) if row.get("order") is not None)
        problem = 'the mechanism "{mechanism}" has one order for all, by merit'
        raise InvalidQuestion(f"posts[{at}].order", problem, mechanism=question.mechanism)
    parts: list[tuple[list[int], list[int], list[bool]] | None] = [None] * len(rows)
    person_of = {applicant: index for index, applicant in enumerate(question.applicants)}
    for at, row in enumerate(rows):
        if row.get("order") is not None:
            listed = _list(row["order"], f"posts[{at}].order")
            parts[post_of[row["id"]]] = _order(listed, person_of, f"posts[{at}].order")
    empty: tuple[list[int], list[int], list[bool]] = ([], [], [])
    filled = [part or empty for part in parts]
    start = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(people) for people, _, _ in filled], out=start[1:])
    return Orders(
        start,
        _joined([people for people, _, _ in filled], np.int32),
        _joined([levels for _, levels, _ in filled], np.int32),
        np.array([part is not None for part in parts], np.bool_),
        _joined([inner for _, _, inner in filled], np.bool_),
    )


def _joined(lists: list[Any], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.array(values, kind) for values in lists]) if lists else np.zeros(0, kind)


def _order(
    listed: list[Any], person_of: dict[str, int], place: str
) -> tuple[list[int], list[int], list[bool]]:
    if not any(isinstance(entry, (list, tuple)) for entry in listed):
        people = [person_of.get(entry, -1) if isinstance(entry, str) else -1 for entry in listed]
        levels = list(range(len(people)))
        inner = [False] * len(people)
        names = listed
    else:
        people, levels, inner, names = [], [], [], []
        for level, entry in enumerate(listed):
            tie = isinstance(entry, (list, tuple))
            tied = list(entry) if tie else [entry]
            if not tied:
                raise InvalidQuestion(f"{place}[{level}]", "is an empty tie")
            names += tied
            people += [person_of.get(name, -1) if isinstance(name, str) else -1 for name in tied]
            levels += [level] * len(tied)
            inner += [tie] * len(tied)
    if -1 in people or len(set(people)) != len(people):
        _refuse_order(names, people, levels, place)
    return people, levels, inner


def _refuse_order(names: list[Any], people: list[int], levels: list[int], place: str) -> NoReturn:
    seen: set[int] = set()
    for name, person, level in zip(names, people, levels, strict=True):
        if person < 0:
            raise InvalidQuestion(f"{place}[{level}]", "applicant {name} is not declared", name=quoted(name))
        if person in seen:
            raise InvalidQuestion(
                f"{place}[{level}]", "applicant {name} is already in this order", name=quoted(name)
            )
        seen.add(person)
    raise AssertionError("an order was refused without a fault")


def _couples(rows: list[Any], question: Question, post_of: dict[str, int]) -> tuple[Couple, ...]:
    couples: dict[str, Couple] = {}
    taken: dict[int, str] = {}
    for at, row in enumerate(rows):
        place = f"couples[{at}]"
        refuse_unknown(row, {"id", "members", "choices"}, place)
        refuse_identifier(row.get("id"), f"{place}.id")
        if row["id"] in couples:
            raise InvalidQuestion(f"{place}.id", "{id} is already declared", id=quoted(row["id"]))
        members = _members(row.get("members"), question, place)
        for which, member in enumerate(members):
            here = f"{place}.members[{which}]"
            name = quoted(question.applicants[member])
            if member in taken:
                raise InvalidQuestion(
                    here,
                    "{name} is already a member of couple {member}",
                    name=name,
                    member=quoted(taken[member]),
                )
            if question.choice_start[member] != question.choice_start[member + 1]:
                raise InvalidQuestion(
                    here, "{name} has a list of its own; a couple has one list of pairs", name=name
                )
            taken[member] = row["id"]
        pairs = _pairs(row.get("choices"), post_of, f"{place}.choices")
        couples[row["id"]] = Couple(row["id"], members, pairs)
    return tuple(couples[name] for name in sorted(couples))


def _members(value: Any, question: Question, place: str) -> tuple[int, int]:
    names = _list(value, f"{place}.members")
    if len(names) != 2 or names[0] == names[1]:
        raise InvalidQuestion(f"{place}.members", "a couple is two different people")
    found = []
    for which, name in enumerate(names):
        try:
            found.append(question.index_of(name))
        except (KeyError, TypeError):
            problem = "applicant {name} is not declared"
            raise InvalidQuestion(f"{place}.members[{which}]", problem, name=quoted(name)) from None
    return found[0], found[1]


def _pairs(value: Any, post_of: dict[str, int], place: str) -> NDArray[np.int32]:
    pairs: list[tuple[int, ...]] = []
    seen: set[tuple[int, ...]] = set()
    for at, entry in enumerate(_list(value if value is not None else [], place)):
        here = f"{place}[{at}]"
        names = _list(entry, here)
        if len(names) != 2:
            raise InvalidQuestion(here, "has {names} entries; a pair has two", names=len(names))
        for which, name in enumerate(names):
            if name is not None and (not isinstance(name, str) or name not in post_of):
                raise InvalidQuestion(f"{here}[{which}]", "post {name} is not declared", name=quoted(name))
        pair = tuple(-1 if name is None else post_of[name] for name in names)
        if pair in seen:
            raise InvalidQuestion(here, "this pair is already in the list")
        seen.add(pair)
        pairs.append(pair)
    return np.array(pairs, np.int32).reshape(len(pairs), 2)


def _log(rows: list[Any], question: Question, post_of: dict[str, int]) -> tuple[tuple[int, int], ...]:
    if rows and question.mechanism != "live":
        raise InvalidQuestion(
            "log", 'only the mechanism "live" has one, not {mechanism}', mechanism=quoted(question.mechanism)
        )
    turns: dict[int, int] = {}
    for at, row in enumerate(rows):
        refuse_unknown(row, {"applicant", "post"}, f"log[{at}]")
        name, post = row.get("applicant"), row.get("post")
        try:
            person = question.index_of(name)
        except (KeyError, TypeError):
            raise InvalidQuestion(
                f"log[{at}].applicant", "{name} is not declared", name=quoted(name)
            ) from None
        if person in turns:
            raise InvalidQuestion(f"log[{at}].applicant", "{name} has already had a turn", name=quoted(name))
        if post is not None and (not isinstance(post, str) or post not in post_of):
            raise InvalidQuestion(f"log[{at}].post", "post {post} is not declared", post=quoted(post))
        turns[person] = -1 if post is None else post_of[post]
    return tuple(turns.items())
