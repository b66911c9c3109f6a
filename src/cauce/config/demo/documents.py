"""The documents of the drive: what it asks for, and what some invented doctors handed in. Always the same rows."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from random import Random

from PIL import Image, ImageDraw, ImageFont

from cauce.accounts.models import User
from cauce.base import files
from cauce.base.actors import Actor
from cauce.base.files import JPEG, Examined
from cauce.base.models import StoredFile
from cauce.base.usecases import note, use_case
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    CaseState,
    Evidence,
    EvidencePart,
    EvidenceState,
    Finding,
    Requirement,
    Review,
    ReviewCase,
    Stage,
)
from cauce.calls.rules.review import cure_until
from cauce.config.demo.calls import DRIVE, TODAY
from cauce.config.demo.story import BRUNO

REVIEWER, OTHER_REVIEWER = "rosalia@demo.cauce.example", "leandro@demo.cauce.example"
LONGEST_CURE = 3  # working days: the drive's results come a week after its closing
_FILES = 48
_SEED = 20_240_214


@use_case
def fill_documents(*, actor: Actor, now: datetime) -> Call:
    """Hand in and review the documents of some of the drive's applicants; return the drive. Needs it filled.

    A few pictures serve everybody: they say that they are invented. Nobody gets a letter.
    """
    call = Call.objects.get(code=DRIVE)
    asked = [
        one for one in call.requirements.order_by("position") if one.is_needed and one.reach != "foreign"
    ]
    pictures = [
        files.keep(Examined(_picture(text), JPEG), now=now) for text in ("frente", "reverso", "constancia")
    ]
    sent = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED).order_by(
        "submitted_at", "pk"
    )
    bruno = sent.get(person__user__email=BRUNO)
    chosen = [bruno, *sent.exclude(pk=bruno.pk)[: _FILES - 1]]
    handed_in = _hand_in(chosen, asked, pictures)
    reviewers = [User.objects.get(email=email) for email in (REVIEWER, OTHER_REVIEWER)]
    cases = ReviewCase.objects.bulk_create(
        [_case(call, one, index, asked) for index, one in enumerate(chosen)], batch_size=500
    )
    _decide(cases, handed_in, asked, reviewers)
    rest = sent.exclude(pk__in=[one.pk for one in chosen])
    ReviewCase.objects.bulk_create(
        (
            ReviewCase(application=one, call=call, queued_at=_sent_at(one))
            for one in rest.only("pk", "submitted_at")
        ),
        batch_size=1000,
    )
    note(key=call.code, added=len(handed_in))
    return call


def documents_are_filled() -> bool:
    return ReviewCase.objects.filter(call__code=DRIVE).exists()


def _outcome(index: int) -> str:
    """Bruno has something to mend; of the others some are decided and the rest wait."""
    if index == 0:
        return CaseState.OBSERVED
    return (
        (CaseState.ACCEPTED, CaseState.ACCEPTED, CaseState.OBSERVED)[index % 3]
        if index < 22
        else CaseState.QUEUED
    )


def _sent_at(application: Application) -> datetime:
    assert application.submitted_at is not None  # noqa: S101 - only sent applications are chosen
    return application.submitted_at


def _decided_at(application: Application) -> datetime:
    return min(_sent_at(application) + timedelta(hours=5), TODAY - timedelta(minutes=3))


def _case(call: Call, application: Application, index: int, asked: list[Requirement]) -> ReviewCase:
    state = _outcome(index)
    decided_at = None if state == CaseState.QUEUED else _decided_at(application)
    signature = index in (40, 41)
    return ReviewCase(
        application=application,
        call=call,
        state=state,
        stage=Stage.SIGNATURE if signature else Stage.FIRST,
        is_complete=True,
        queued_at=_sent_at(application),
        decided_at=decided_at,
        cure_until=cure_until(asked[:1], call, now=decided_at)
        if state == CaseState.OBSERVED and decided_at
        else None,
    )


def _hand_in(
    chosen: list[Application], asked: list[Requirement], pictures: list[StoredFile]
) -> dict[tuple[int, int], Evidence]:
    random = Random(f"{_SEED} documents")  # noqa: S311 - invented documents must be the same every time
    rows = []
    for index, application in enumerate(chosen):
        state = _outcome(index)
        for requirement in asked:
            stands = EvidenceState.HANDED_IN
            if state != CaseState.QUEUED:
                observed = state == CaseState.OBSERVED and requirement == asked[index % 2 + 1]
                stands = EvidenceState.OBSERVED if observed else EvidenceState.VERIFIED
            issued = date(2024, 2, 1) + timedelta(days=random.randrange(10))
            rows.append(
                Evidence(
                    application=application,
                    requirement=requirement,
                    issued_on=issued if requirement.validity_days else None,
                    handed_in_at=_sent_at(application) - timedelta(minutes=9),
                    state=stands,
                    verified_at=_decided_at(application) if stands == EvidenceState.VERIFIED else None,
                )
            )
    made = Evidence.objects.bulk_create(rows, batch_size=500)
    EvidencePart.objects.bulk_create(
        (
            EvidencePart(evidence=one, number=number, file=picture)
            for one in made
            for number, picture in enumerate(_parts(one, pictures), 1)
        ),
        batch_size=500,
    )
    return {(one.application_id, one.requirement_id): one for one in made}


def _parts(evidence: Evidence, pictures: list[StoredFile]) -> list[StoredFile]:
    """Cards have two sides."""
    front, back, paper = pictures
    return [front, back] if evidence.requirement.key in ("identificacion", "cedula") else [paper]


def _decide(
    cases: list[ReviewCase],
    handed_in: dict[tuple[int, int], Evidence],
    asked: list[Requirement],
    reviewers: list[User],
) -> None:
    reviews = []
    for index, case in enumerate(cases):
        if case.decided_at is None and case.stage == Stage.FIRST:
            continue
        marks, found = [], Finding.ACCEPT
        for requirement in asked:
            evidence = handed_in[case.application_id, requirement.pk]
            finding, reason = Finding.ACCEPT, ""
            if evidence.state == EvidenceState.OBSERVED:
                finding = found = Finding.OBSERVE
                reason = "unreadable"
            elif case.stage == Stage.SIGNATURE and requirement.key == "diploma":
                finding = found = Finding.EXCLUDE
                reason = "not_recognised"
            marks.append(
                {
                    "requirement": requirement.key,
                    "evidence": evidence.pk,
                    "finding": finding,
                    "reason": reason,
                }
            )
        at = case.decided_at or TODAY - timedelta(minutes=30)
        reviews.append(
            Review(
                case=case, round=1, stage=Stage.FIRST, reviewer=reviewers[index % 2], finding=found, marks=marks,
                remark="" if found == Finding.ACCEPT else "Texto de ejemplo: lo marcado no se alcanza a leer.",
                queued_at=case.queued_at, claimed_at=at - timedelta(minutes=4), decided_at=at,
            )
        )  # fmt: skip
    Review.objects.bulk_create(reviews)


def _picture(text: str) -> bytes:
    """A page that nobody takes for a real document."""
    page = Image.new("RGB", (900, 600), "#f4f1e8")
    drawing = ImageDraw.Draw(page)
    drawing.rectangle((20, 20, 880, 580), outline="#6f868d", width=4)
    for line, (words, size) in enumerate((("DOCUMENTO INVENTADO", 56), (f"Demo de Cauce: {text}", 34))):
        drawing.text((70, 90 + 90 * line), words, fill="#11262d", font=ImageFont.load_default(size))
    for line in range(7):
        drawing.line((70, 320 + 32 * line, 830 - 60 * (line % 3), 320 + 32 * line), fill="#a9bdc2", width=8)
    out = io.BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()
