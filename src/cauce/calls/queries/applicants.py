"""What reading and loading paper applications need to know of a call, and of the people who are there already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from cauce.accounts.models import IdentityDocument
from cauce.calls.models import Application, ApplicationState, Call, ListRule, ListVersion, Post
from cauce.calls.queries.drafting import specialty_names, state_names
from cauce.calls.rules.application import PostFact
from cauce.calls.rules.design import Design
from cauce.calls.rules.filing import Content, Held, Identity
from cauce.calls.rules.panels import without_recorded
from cauce.institutions.rules import fold

T = TypeVar("T")
_CHUNK = 5000
# Who stands behind a document: somebody with a confirmed account, or without any, whom an institution brought.
_STANDS = (
    Q(person__user__last_login__isnull=False)
    | Q(person__user__emailaddress__verified=True)
    | Q(person__user__isnull=True)
)


@dataclass(frozen=True, slots=True)
class FilingLookup:
    """A call by what people write in a file of applicants.

    ``specialties`` are all there are and ``offered`` the call's, with their posts; ``posts`` are by key, ``groups``
    by folded key and label, ``states`` by folded name. ``held`` finds who of many is there already; ``today`` tells
    who is of age.
    """

    criteria: Sequence[Mapping[str, Any]]
    posts: Mapping[str, PostFact]
    specialties: Mapping[str, int]
    offered: Mapping[int, tuple[PostFact, ...]]
    most_choices: int
    has_limit: bool
    is_complete: bool
    groups: Mapping[str, str]
    states: Mapping[str, str]
    held: Callable[[Collection[Identity]], Mapping[Identity, Held]]
    today: date


def filing_lookup(call: Call, *, today: date) -> FilingLookup:
    """Read it in five queries; ``held`` asks more, when it is asked."""
    posts = post_facts_of(call)
    offered: defaultdict[int, list[PostFact]] = defaultdict(list)
    for specialty in call.call_specialties.values_list("specialty_id", flat=True):
        offered[specialty] = []
    for post in posts.values():
        offered[post.specialty_id].append(post)
    longest = max(map(len, offered.values()), default=0)
    groups = Design.of(call).groups
    return FilingLookup(
        criteria=call.score_criteria,
        posts={post.key: post for post in posts.values()},
        specialties=specialty_names(),
        offered={specialty: tuple(found) for specialty, found in offered.items()},
        most_choices=longest if call.max_choices is None else min(call.max_choices, longest),
        has_limit=call.max_choices is not None,
        is_complete=call.list_rule == ListRule.COMPLETE,
        groups={fold(name): one["key"] for one in groups for name in (one["key"], one["label"])},
        states=state_names(),
        held=lambda identities: held(call, identities),
        today=today,
    )


def post_facts_of(call: Call) -> dict[int, PostFact]:
    """Every post of a call by id, in the order of their keys, in one query."""
    rows = (
        Post.objects.filter(call=call)
        .order_by("key")
        .values_list("pk", "key", "site__short_name", "call_id", "specialty_id")
    )
    return {row[0]: PostFact(*row) for row in rows}


def held(call: Call, identities: Collection[Identity]) -> dict[Identity, Held]:
    """Who of ``identities`` is there already, and what they have applied for in ``call``.

    Three queries for each 5,000 of one kind of document.
    """
    found: dict[Identity, Held] = {}
    for rows in _documents_of(identities):
        told = rows.filter(_STANDS).distinct()
        people = {
            Identity(*key): facts
            for *key, person, born, sex in told.values_list(
                "kind", "country", "number", "person_id", "person__birth_date", "person__sex"
            )
            for facts in [(person, born, sex)]
        }
        applied = _applied(call, [person for person, _born, _sex in people.values()])
        for identity, (person, born, sex) in people.items():
            found[identity] = Held(person, born, sex, *applied.get(person, ("", None, False)))
    return found


def unconfirmed(identities: Collection[Identity]) -> list[IdentityDocument]:
    """The documents among ``identities`` that only an unconfirmed account holds."""
    return [
        document
        for rows in _documents_of(identities)
        for document in rows.exclude(
            person__in=rows.filter(_STANDS).values(
                "person"
            )  # an exclude over many addresses would ask for all
        )
    ]


def _documents_of(identities: Collection[Identity]) -> Iterator[QuerySet[IdentityDocument]]:
    numbers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for identity in identities:
        numbers[identity.kind, identity.country].append(identity.number)
    for (kind, country), all_ in numbers.items():
        for chunk in _chunks(all_):
            yield IdentityDocument.objects.filter(
                kind=kind, country=country, number__in=chunk, is_generic=False
            )


def _applied(call: Call, people: Collection[int]) -> dict[int, tuple[str, Content | None, bool]]:
    """Folio, content if it counts, and whether it came on paper, by person."""
    if not people:
        return {}
    rows = list(
        Application.objects.filter(call=call, person_id__in=people).values_list(
            "pk", "person_id", "folio", "state", "specialty_id", "merit", "groups", "origin_state", "paper__row"
        )
    )  # fmt: skip
    sent = [row[0] for row in rows if row[3] == ApplicationState.SUBMITTED]
    versions = ListVersion.objects.filter(application_id__in=sent, sent_at__isnull=False).order_by("number")
    lists = dict(versions.values_list("application_id", "posts")) if sent else {}  # the newest comes last
    return {
        person: (
            folio,
            (specialty, _brought(call, merit), tuple(sorted(groups)), origin, tuple(lists[pk]))
            if pk in lists
            else None,
            paper is not None,
        )
        for pk, person, folio, _state, specialty, merit, groups, origin, paper in rows
    }


def _brought(call: Call, merit: list[str]) -> tuple[str, ...]:
    """The values as a file may bring them: what panels record later makes no other application of it."""
    whole = len(merit) == len(call.score_criteria)
    return without_recorded(call.score_criteria, merit) if whole else tuple(merit)


def _chunks(values: Collection[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
