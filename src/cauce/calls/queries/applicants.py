"""What reading and loading paper applications need to know of a call, and of the people who are there already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from cauce.accounts.models import IdentityDocument, Person, User
from cauce.base.actors import Actor
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    ListRule,
    ListVersion,
    PaperApplication,
    Post,
)
from cauce.calls.queries.desk import calls_written_by
from cauce.calls.queries.drafting import specialty_names, state_names
from cauce.calls.rules.application import PostFact
from cauce.calls.rules.design import Design
from cauce.calls.rules.filing import Content, Held, Identity, filed_words
from cauce.calls.rules.panels import without_recorded
from cauce.calls.rules.receipt import to_the_second
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
            "pk", "person_id", "folio", "state", "specialty_id", "merit", "groups", "origin_state", "paper__pk"
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


# --------------------------------------------------- typed in by an office


@dataclass(frozen=True, slots=True)
class Known:
    """Who has a CURP already. ``names`` are for comparing, never for showing."""

    held: Held | None
    has_account: bool
    names: tuple[str, ...] | None


def known_by(call: Call, identity: Identity) -> Known:
    """Return who has a document already, and what they have applied for in ``call``; six queries at most."""
    found = held(call, [identity]).get(identity)
    if found is None:
        return Known(None, False, None)
    names = Person.objects.values_list("given_names", "first_surname", "second_surname").get(
        pk=found.person_id
    )
    return Known(found, User.objects.filter(person=found.person_id).exists(), names)


def filed_by(actor: Actor, call: Call) -> QuerySet[PaperApplication]:
    """The applications that the actor typed in for people, with what their page shows."""
    return PaperApplication.objects.filter(
        filed_by=actor.user_id or 0, application__call=call
    ).select_related("application__call", "application__person", "application__specialty")


def consents_visible_to(actor: Actor) -> QuerySet[PaperApplication]:
    """The scans of written consents: one's own, and those of the calls that the actor manages."""
    mine = Q(application__person_id=actor.person_id) if actor.person_id else Q(pk__in=[])
    calls = calls_written_by(actor).values("pk")
    return PaperApplication.objects.filter(
        mine | Q(application__call__in=calls), consent_file__isnull=False
    ).select_related("consent_file")


@dataclass(frozen=True, slots=True)
class FiledPage:
    """What an office sent for a person, for who sent it. ``version`` is that sending, whatever came later."""

    paper: PaperApplication
    words: str
    version: ListVersion
    sent_when: str


def filed_page(paper: PaperApplication) -> FiledPage:
    """Read the receipt of what an office sent; one query."""
    version = ListVersion.objects.get(application=paper.application_id, number=1)
    when = to_the_second(version.sent_at) if version.sent_at else ""
    return FiledPage(paper, filed_words(paper), version, when)


@dataclass(frozen=True, slots=True)
class FiledNote:
    """That an office applied for the person: the sentence, whether its scan is kept, and whether that list counts."""

    words: str
    has_scan: bool
    is_counted: bool


def filed_note(application: Application, counting: ListVersion | None) -> FiledNote | None:
    """Return it for an application read with its ``paper``; ``None`` where no office applied. No query."""
    paper: PaperApplication | None = getattr(application, "paper", None)
    words = filed_words(paper)
    if paper is None or not words:
        return None
    is_counted = counting is not None and counting.number == 1
    return FiledNote(words, paper.consent_file_id is not None, is_counted)
