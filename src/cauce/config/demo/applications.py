"""Rows of applicants, applications and lists, as the product's own operations would have left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from cauce.accounts.models import Consent, DocumentKind, IdentityDocument, Person, PrivacyNotice
from cauce.base.usecases import step
from cauce.calls.models import Application, ApplicationState, Call, Choice, ListVersion
from cauce.calls.rules import folio, receipt_for
from cauce.config.demo.people import Invented
from cauce.institutions.models import Specialty

_BATCH = 2000

# Whence scores come, in the words of the person's page.
SELECTED = "ENARM 2023 (E47): lista de personas seleccionadas; promedio: certificado de estudios"
DECLARED = "Declarado por la persona"


@dataclass(frozen=True, slots=True)
class Story:
    """How one application went. ``lists`` are lists of post keys in the order they were saved, the last one current.

    Every list was sent, one after another until ``sent_at``, unless that is
    empty: then the application is a draft.
    """

    person: Person
    number: int
    specialty: str
    merit: list[str]
    lists: tuple[tuple[str, ...], ...]
    started_at: datetime
    sent_at: datetime | None
    withdrawn_at: datetime | None = None


@step
def save_people(invented: Iterable[Invented], *, now: datetime) -> list[Person]:
    """Create the people with their CURP and their consent to the current notice."""
    notice = PrivacyNotice.objects.latest("version")
    facts = list(invented)
    people = Person.objects.bulk_create(
        (
            Person(
                given_names=one.given_names,
                first_surname=one.first_surname,
                second_surname=one.second_surname,
                birth_date=one.birth_date,
                sex=one.sex,
                birth_state=one.birth_state,
                is_invented=True,
                created_at=now,
            )
            for one in facts
        ),
        batch_size=_BATCH,
    )
    IdentityDocument.objects.bulk_create(
        (
            IdentityDocument(person=person, kind=DocumentKind.CURP, number=one.curp)
            for person, one in zip(people, facts, strict=True)
        ),
        batch_size=_BATCH,
    )
    Consent.objects.bulk_create(
        (Consent(person=person, notice=notice, at=now) for person in people), batch_size=_BATCH
    )
    return people


@step
def save_applications(
    call: Call, stories: Sequence[Story], *, merit_source: str = SELECTED
) -> list[Application]:
    """Create applications, every version of their lists with its receipt, and the current choices."""
    posts = dict(call.posts.values_list("key", "pk"))
    specialties = dict(Specialty.objects.values_list("code", "pk"))
    applications = Application.objects.bulk_create(
        (_application(call, story, specialties[story.specialty], merit_source) for story in stories),
        batch_size=_BATCH,
    )
    ListVersion.objects.bulk_create(
        (
            version
            for application, story in zip(applications, stories, strict=True)
            for version in _versions(call, application, story, posts)
        ),
        batch_size=_BATCH,
    )
    _insert_choices(
        (application.pk, posts[key], rank)
        for application, story in zip(applications, stories, strict=True)
        for rank, key in enumerate(story.lists[-1], 1)
    )
    return applications


def _insert_choices(rows: Iterable[tuple[int, int, int]]) -> None:
    """Insert (application, post, rank). Eighty thousand objects would cost a third of the demo's first start."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in ("application_id", "post_id", "rank"))
    sql = f"INSERT INTO {quote(Choice._meta.db_table)} ({columns}) VALUES (%s, %s, %s)"  # noqa: S608 - no input
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))


def _application(call: Call, story: Story, specialty_id: int, merit_source: str) -> Application:
    state = ApplicationState.DRAFT if story.sent_at is None else ApplicationState.SUBMITTED
    return Application(
        call=call,
        person=story.person,
        folio=folio(call.code, story.number),
        specialty_id=specialty_id,
        state=ApplicationState.WITHDRAWN if story.withdrawn_at else state,
        merit=story.merit,
        merit_source=merit_source,
        version=len(story.lists),
        accepted_rules=0 if story.sent_at is None else 1,
        started_at=story.started_at,
        submitted_at=story.sent_at,
        withdrawn_at=story.withdrawn_at,
    )


def _versions(
    call: Call, application: Application, story: Story, posts: Mapping[str, int]
) -> Iterable[ListVersion]:
    count = len(story.lists)
    for number, keys in enumerate(story.lists, 1):
        kept = ListVersion(
            application=application,
            number=number,
            based_on=number - 1,
            posts=[posts[key] for key in keys],
            saved_at=story.started_at + timedelta(minutes=7 * number),
        )
        if story.sent_at is not None:
            # The earlier sendings lie evenly between the start and the last one.
            whole = (story.sent_at - story.started_at) * number / count
            kept.sent_at = (
                story.sent_at if number == count else (story.started_at + whole).replace(microsecond=0)
            )
            kept.saved_at = min(kept.saved_at, kept.sent_at)
            receipt = receipt_for(
                folio=application.folio,
                call=call.code,
                rules_digest=call.rules_digest,
                version=number,
                merit=application.merit,
                posts=keys,
                sent_at=kept.sent_at,
            )
            kept.receipt, kept.digest = receipt.number, receipt.digest
        yield kept
