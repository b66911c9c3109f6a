"""What a call asks for, what was handed in, and who reviews: rows for tests, pictures that cost nothing."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.core.files.base import ContentFile

from cauce.accounts.models import Person, User
from cauce.base import files
from cauce.base.actors import Actor
from cauce.base.files import JPEG, Examined
from cauce.base.models import StoredFile
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    CaseState,
    Evidence,
    EvidencePart,
    Requirement,
    ReviewCase,
)
from cauce.calls.rules.review import Mark
from tests.calls import drafts
from tests.calls import factories as make
from tests.conftest import NOON

SEED = "5e" * 32


def asked(call: Call, key: str = "titulo", **values) -> Requirement:
    """A document that cannot be mended, unless ``values`` say otherwise."""
    defaults = {
        "call": call,
        "key": key,
        "position": call.requirements.count() + 1,
        "name": key.capitalize(),
        "is_curable": False,
    }
    if values.get("is_curable"):
        defaults["cure_days"] = 3
    return Requirement.objects.create(**{**defaults, **values})


def picture(text: str = "foto") -> Examined:
    """Bytes that nobody decodes."""
    return Examined(b"\xff\xd8\xff" + text.encode(), JPEG)


def stored(text: str = "foto") -> StoredFile:
    data = picture(text).data
    digest = hashlib.sha256(data).hexdigest()
    found = StoredFile.objects.filter(digest=digest).first()
    if found is None:
        found = StoredFile.objects.create(
            digest=digest, size=len(data), media_type=JPEG, pages=1, received_at=NOON
        )
        if not files.storage().exists(files.address(digest)):
            files.storage().save(files.address(digest), ContentFile(data))
    return found


def handed_in(
    application: Application, requirement: Requirement, *, text: str = "foto", **values
) -> Evidence:
    defaults = {"application": application, "requirement": requirement, "handed_in_at": NOON}
    made = Evidence.objects.create(**{**defaults, **values})
    EvidencePart.objects.create(evidence=made, number=1, file=stored(text))
    return made


def case(application: Application, **values) -> ReviewCase:
    """A sent application's case in the queue, complete."""
    if application.state != ApplicationState.SUBMITTED:
        application.state, application.submitted_at = ApplicationState.SUBMITTED, NOON
        application.save()
    defaults = {
        "application": application,
        "call": application.call,
        "queued_at": NOON,
        "is_complete": True,
        "state": CaseState.QUEUED,
    }
    return ReviewCase.objects.create(**{**defaults, **values})


def unchecked(call: Call, who=None) -> Application:
    """An application of the call none of whose decisions is looked at twice."""
    return _drawn(call, who, wanted=False)


def drawn(call: Call, who=None) -> Application:
    """An application of the call whose first decision is looked at twice."""
    return _drawn(call, who, wanted=True)


def _drawn(call: Call, who, *, wanted: bool) -> Application:
    from cauce.calls.rules.review import is_checked

    made = make.application(call, who or make.person("Aspirante"))
    rounds = (1,) if wanted else (1, 2, 3)
    seeds = (f"{n:064d}" for n in range(1000))
    seed = next(one for one in seeds if all(is_checked(one, made.pk, each) == wanted for each in rounds))
    Call.objects.filter(pk=call.pk).update(lottery_seed=seed)
    call.lottery_seed = seed
    return made


def reviewer(name: str = "Rosa") -> Actor:
    return drafts.officer("reviewer", name=name)


def mark(evidence: Evidence, finding: str = "accept", reason: str = "") -> Mark:
    return Mark(evidence.requirement.key, evidence.pk, finding, reason)


def later(moment: datetime, **delta) -> datetime:
    from datetime import timedelta

    return moment + timedelta(**delta)


def waiting_files(count: int) -> Call:
    """A closed call with ``count`` sent applications of people with accounts, one document each."""
    call = make.call(opens_at=NOON - timedelta(days=9), closes_at=NOON - timedelta(days=1))
    call.lottery_seed = SEED
    call.save()
    requirement, document = asked(call), stored()
    people = Person.objects.bulk_create(
        (
            Person(given_names=f"Persona {n}", first_surname="Inventada", birth_date=NOON.date(), sex="M",
                         is_invented=True, created_at=NOON)
            for n in range(count)
        ),
        batch_size=2000,
    )  # fmt: skip
    User.objects.bulk_create(
        (User(email=f"p{n}@ejemplo.mx", person=one, joined_at=NOON) for n, one in enumerate(people)),
        batch_size=2000,
    )  # fmt: skip
    applications = Application.objects.bulk_create(
        (
            Application(call=call, person=one, folio=f"{call.code}-{n:06d}-9", started_at=NOON,
                        state=ApplicationState.SUBMITTED, submitted_at=NOON)
            for n, one in enumerate(people)
        ),
        batch_size=2000,
    )  # fmt: skip
    evidences = Evidence.objects.bulk_create(
        (Evidence(application=one, requirement=requirement, handed_in_at=NOON) for one in applications),
        batch_size=2000,
    )
    EvidencePart.objects.bulk_create(
        (EvidencePart(evidence=one, number=1, file=document) for one in evidences), batch_size=2000
    )
    ReviewCase.objects.bulk_create(
        (
            ReviewCase(application=one, call=call, queued_at=NOON + timedelta(seconds=n), is_complete=True)
            for n, one in enumerate(applications)
        ),
        batch_size=2000,
    )
    return call
