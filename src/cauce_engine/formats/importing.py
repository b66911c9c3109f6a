"""Reading published markets in other formats: what they say, as a question in the open format.

Glasgow: a header of numbers, then one line for each person and post. Suite: the r, c and p lines of the Stable
Matching Suite. PrefLib: soc, soi, toc and toi. Instance: JSON with "applicants" and "programmes". Anything
unreadable is an `InvalidQuestion` whose place is the line ("L3"), counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from cauce_engine.faults import InvalidQuestion, quoted
from cauce_engine.formats.canonical import FORMAT
from cauce_engine.formats.documents import read_json

FORMATS = ("glasgow", "suite", "preflib", "instance")
TIES = ("keep", "printed")
LARGEST_HEADER = 10_000_000
_TOKEN = re.compile(r"[()]|[^\s(),:]+")
_NUMBER = re.compile(r"[0-9]{1,10}")

Order = list[Any]
"""Identifiers, best first; an inner list is a tie."""


def imported(
    data: bytes,
    format: str | None = None,
    *,
    ties: str = "keep",
    capacity: int = 1,
    posts: bytes | None = None,
) -> dict[str, Any]:
    """The question, as a document, that a file in a foreign format states; its format is recognised if not given.

    ``ties``: "keep" keeps the posts' ties and refuses those of people, who rank strictly; "printed" settles all
    in the order in which they are printed. ``capacity``: the seats of every post of a PrefLib file. ``posts``:
    a second PrefLib file with the posts' orders of people; without it, people choose in the order of the file.
    """
    name = format or recognised(_text(data))
    if name not in FORMATS:
        raise InvalidQuestion("", "{name} is none of {known}", name=quoted(name), known=", ".join(FORMATS))
    if name == "instance":
        return _instance(read_json(data, InvalidQuestion), ties)
    lines = _lines(_text(data))
    if name == "glasgow":
        return _glasgow(lines, ties)
    if name == "suite":
        return _suite(lines)
    return _preflib(lines, None if posts is None else _lines(_text(posts)), ties, capacity)


def recognised(text: str) -> str:
    """The format that a text is most likely written in."""
    if text.lstrip().startswith("{"):
        return "instance"
    if re.search(r"(?m)^[rcp][ \t]+\S", text):
        return "suite"
    if re.search(r"(?m)^(# (FILE NAME|NUMBER ALTERNATIVES|ALTERNATIVE NAME)|[0-9{}: ]*,[0-9{}, ]*$)", text):
        return "preflib"
    return "glasgow"


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidQuestion("", "is not UTF-8: byte {byte} cannot be read", byte=error.start) from None


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers from 1."""
    return [(at, line.strip()) for at, line in enumerate(text.splitlines(), 1) if line.strip()]


def _refuse(line: int, template: str, **values: object) -> NoReturn:
    raise InvalidQuestion(f"L{line}" if line else "", template, **values)


def _number(text: str, line: int) -> int:
    if not _NUMBER.fullmatch(text):
        _refuse(line, "{value} is not a whole number", value=quoted(text))
    return int(text)


def _order(words: list[str], line: int, ties: str) -> Order:
    """Identifiers with parentheses around ties."""
    order: Order = []
    tie: list[str] | None = None
    for word in words:
        if word == "(" and tie is None:
            tie = []
        elif word == ")" and tie is not None:
            order += tie if ties == "printed" else [tie]
            tie = None
        elif word in "()":
            _refuse(line, "a parenthesis has no partner")
        elif tie is not None:
            tie.append(word)
        else:
            order.append(word)
    if tie is not None:
        _refuse(line, "a parenthesis has no partner")
    return order


def _strict(order: Order, line: int) -> list[str]:
    """An order without ties; a tie of one is none."""
    names = []
    for entry in order:
        if isinstance(entry, list) and len(entry) != 1:
            _refuse(line, "people rank posts strictly; import with ties printed to take ties as printed")
        names.append(entry[0] if isinstance(entry, list) else entry)
    return names


def _question(
    applicants: list[dict[str, Any]], posts: list[dict[str, Any]], couples: list[dict[str, Any]]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": FORMAT,
        "mechanism": "stable",
        "applicants": applicants,
        "posts": posts,
    }
    if couples:
        document["couples"] = couples
    return document


def _glasgow(lines: list[tuple[int, str]], ties: str) -> dict[str, Any]:
    singles, pairs, posts, rest = _glasgow_header(lines)
    if len(rest) != singles + pairs + posts:
        expected = singles + pairs + posts
        _refuse(
            0,
            "has {count} lines after its header; the header announces {expected}",
            count=len(rest),
            expected=expected,
        )
    applicants: list[dict[str, Any]] = []
    couples: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for number, line in rest[:singles]:
        words = _TOKEN.findall(line)
        applicants.append({"id": words[0], "choices": _strict(_order(words[1:], number, ties), number)})
    for number, line in rest[singles : singles + pairs]:
        words = [word for word in _TOKEN.findall(line) if word not in "()"]
        if len(words) < 2 or len(words) % 2:
            _refuse(number, "a couple's line has two people and then pairs of posts")
        couples.append(_couple(f"c{len(couples) + 1}", words[:2], words[2:]))
        applicants += [{"id": member} for member in words[:2]]
    for number, line in rest[singles + pairs :]:
        words = _TOKEN.findall(line)
        if len(words) < 2:
            _refuse(number, "a post's line has an identifier and a capacity")
        order = _order(words[2:], number, ties)
        rows.append({"id": words[0], "capacity": _number(words[1], number), "order": order})
    return _question(applicants, rows, couples)


def _glasgow_header(lines: list[tuple[int, str]]) -> tuple[int, int, int, list[tuple[int, str]]]:
    """(single people, couples, posts, the other lines); the header has two numbers, or three.

    Three lines with one number each: 0, people, posts; or single people, couples, posts.
    """
    head: list[int] = []
    used = 0
    for number, line in lines[:3]:
        words = line.split()
        if ":" in line or len(words) > 2 or (len(words) == 2 and used):
            break
        head += [_number(word, number) for word in words]
        used += 1
        if len(words) == 2:
            break
    if len(head) < 2 or max(head) > LARGEST_HEADER:
        _refuse(1, "is not a header: numbers of people and of posts")
    if len(head) == 2:
        return head[0], 0, head[1], lines[used:]
    rest = lines[used:]
    if head[0] or _all_in_couples(rest, head[1]):
        return head[0], head[1], head[2], rest
    return head[1], 0, head[2], rest


def _all_in_couples(rest: list[tuple[int, str]], people: int) -> bool:
    """Whether the lines of people are couples: posts rank somebody who stands second in one of them, and first in none."""
    words = [_TOKEN.findall(line) for _, line in rest]
    first = {line[0] for line in words[:people] if line}
    second = {line[1] for line in words[:people] if len(line) > 1}
    ranked = {name for line in words[people:] for name in line[2:]}
    return bool(ranked & second - first)


def _couple(name: str, members: list[str], posts: list[str]) -> dict[str, Any]:
    wishes = [None if post == "-1" else post for post in posts]
    return {
        "id": name,
        "members": members,
        "choices": [list(pair) for pair in zip(wishes[::2], wishes[1::2], strict=True)],
    }


def _suite(lines: list[tuple[int, str]]) -> dict[str, Any]:
    people: dict[str, dict[str, Any]] = {}
    couples, posts = [], []
    for number, line in lines:
        if line.startswith("#"):
            continue
        kind, *words = line.split()
        if kind == "r" and words:
            if words[0] in people:
                _refuse(number, "{name} is not the first line of this person", name=quoted(words[0]))
            people[words[0]] = {"id": words[0], "choices": words[1:]}
        elif kind == "c" and len(words) >= 3 and len(words) % 2:
            couples.append(_couple(words[0], words[1:3], words[3:]))
        elif kind == "p" and len(words) >= 2:
            posts.append({"id": words[0], "capacity": _number(words[1], number), "order": words[2:]})
        else:
            _refuse(number, "is no line of the suite: r, c or p, an identifier, and what belongs to it")
    for couple in couples:
        for member in couple["members"]:
            people.setdefault(member, {"id": member})
    return _question(list(people.values()), posts, couples)


def _preflib(
    lines: list[tuple[int, str]], orders: list[tuple[int, str]] | None, ties: str, capacity: int
) -> dict[str, Any]:
    alternatives, votes = _votes(lines, ties)
    applicants: list[dict[str, Any]] = [
        {"id": str(at), "choices": _strict(order, line)} for at, (line, order) in enumerate(votes, 1)
    ]
    posts: list[dict[str, Any]] = [{"id": name, "capacity": capacity} for name in alternatives]
    if orders is None:
        for at, applicant in enumerate(applicants, 1):
            applicant["merit"] = [str(-at)]
        return {"format": FORMAT, "mechanism": "serial", "applicants": applicants, "posts": posts}
    _, rows = _votes(orders, ties)
    if len(rows) != len(posts):
        expected = len(posts)
        _refuse(
            0, "the posts' file has {count} orders for {expected} posts", count=len(rows), expected=expected
        )
    for post, (_, order) in zip(posts, rows, strict=True):
        post["order"] = order
    return _question(applicants, posts, [])


def _votes(lines: list[tuple[int, str]], ties: str) -> tuple[list[str], list[tuple[int, Order]]]:
    """The alternatives, and every single order with its line: an order given n times stands n times."""
    names: list[str] = []
    votes: list[tuple[int, Order]] = []
    for number, line, in_old_head in _preflib_lines(lines):
        if in_old_head or line.startswith("#"):
            found = re.fullmatch(r"# ALTERNATIVE NAME ([0-9]{1,10}):.*", line) or re.fullmatch(
                r"([0-9]{1,10}),.*", line if in_old_head else ""
            )
            names += [found.group(1)] if found else []
            continue
        count, _, rest = line.replace(":", ",", 1).partition(",")
        times = _number(count.strip(), number)
        if times + len(votes) > LARGEST_HEADER:
            _refuse(number, "{value} is outside {least} to {most}", value=times, least=0, most=LARGEST_HEADER)
        words = _TOKEN.findall(rest.replace("{", " ( ").replace("}", " ) "))
        order = _order(words, number, ties)
        votes += [(number, order)] * times
    if not names:
        _refuse(0, "names no alternatives")
    return names, votes


def _preflib_lines(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str, bool]]:
    """Lines with whether they belong to the older header: a number, so many names, and a line of totals."""
    announced = int(lines[0][1]) + 2 if lines and _NUMBER.fullmatch(lines[0][1]) else 0
    for at, (number, line) in enumerate(lines):
        yield number, line, at < announced


def _instance(document: Any, ties: str) -> dict[str, Any]:
    """A published market as JSON: applicants with lists, programmes with capacity and order, couples with prefs."""
    if not isinstance(document, Mapping) or not isinstance(document.get("programmes"), Mapping):
        raise InvalidQuestion("programmes", "is missing")
    if document.get("supervisors"):
        raise InvalidQuestion("supervisors", "orders that several posts share are not part of the format")
    applicants, programmes = document.get("applicants") or {}, document["programmes"]
    couples = document.get("couples") or {}
    for name, value in (("applicants", applicants), ("couples", couples)):
        if not isinstance(value, Mapping):
            raise InvalidQuestion(name, "{value} is not an object", value=quoted(value))
    if not applicants and not programmes:
        raise InvalidQuestion("applicants", "is empty: this file holds cases, not one market")
    return _question(
        [{"id": person, "choices": choices} for person, choices in applicants.items()],
        [_programme(post, terms, ties) for post, terms in programmes.items()],
        [_joint(couple, terms) for couple, terms in couples.items()],
    )


def _programme(post: str, terms: Any, ties: str) -> dict[str, Any]:
    place = f"programmes[{quoted(post)}]"
    if not isinstance(terms, Mapping) or not isinstance(terms.get("order"), list):
        raise InvalidQuestion(place, "{row} is not an object", row=quoted(terms))
    order = terms["order"]
    if ties == "printed":
        order = [person for entry in order for person in (entry if isinstance(entry, list) else [entry])]
    return {"id": post, "capacity": terms.get("capacity"), "order": order}


def _joint(couple: str, terms: Any) -> dict[str, Any]:
    if not isinstance(terms, Mapping):
        raise InvalidQuestion(f"couples[{quoted(couple)}]", "{row} is not an object", row=quoted(terms))
    return {"id": couple, "members": terms.get("members"), "choices": terms.get("prefs")}
