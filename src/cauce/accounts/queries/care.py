"""What the office for people looks at: requests with their clocks, people that may be one, accounts to recover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from cauce.accounts import rules
from cauce.accounts.models import (
    AccountRecovery,
    DataRequest,
    DataRequestState,
    DocumentKind,
    IdentityDocument,
    MergeState,
    Person,
    PersonMerge,
    RecoveryState,
    User,
)
from cauce.accounts.queries.people import HeldDocument, held_document
from cauce.base import audit, workdays
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.models import AuditEvent

PAGE = 25
_EVENTS, _MOST_LOOKED_AT = 20, 50
_LIVE = (DataRequestState.OPEN, DataRequestState.GRANTED)


# -------------------------------------------------------------------- rights


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request and how its clock stands; ``last_day`` is the last day to answer it, or to carry it out."""

    request: DataRequest
    last_day: Any
    days_left: int
    is_late: bool
    may_withdraw: Verdict
    may_answer: Verdict
    may_extend: Verdict
    may_fulfil: Verdict


def requests_of(actor: Actor) -> QuerySet[DataRequest]:
    """The actor's own requests, newest first."""
    return DataRequest.objects.filter(person=actor.person_id or 0).order_by("-asked_at", "-pk")


def rights_page(actor: Actor, *, now: datetime) -> tuple[RequestRow, ...]:
    """The actor's requests with their clocks, in one query."""
    return tuple(_request_row(actor, request, now) for request in requests_of(actor))


def _request_row(actor: Actor, request: DataRequest, now: datetime) -> RequestRow:
    due = request.effect_due_at if request.state == DataRequestState.GRANTED else request.due_at
    is_live = request.state in _LIVE and due is not None
    last = workdays.last_day(due) if due else None
    today = now.astimezone(workdays.MEXICO_CITY).date()
    return RequestRow(
        request=request,
        last_day=last,
        days_left=workdays.workdays_between(today, last) if is_live and last else 0,
        is_late=bool(is_live and due and now >= due),
        may_withdraw=rules.may_withdraw_request(actor, request),
        may_answer=rules.may_answer_request(actor, request),
        may_extend=rules.may_extend_request(actor, request, now=now),
        may_fulfil=rules.may_fulfil_request(actor, request),
    )


def request_page(actor: Actor, folio: str, *, now: datetime) -> RequestRow | None:
    """One request as the office sees it, in one query; ``None`` if there is no such one."""
    request = DataRequest.objects.select_related("person").filter(folio=folio).first()
    return _request_row(actor, request, now) if request else None


# -------------------------------------------------------------------- office


@dataclass(frozen=True, slots=True)
class CarePage:
    """The desk of the office: what waits, the most urgent first."""

    requests: Page
    rows: tuple[RequestRow, ...]
    live: int
    late: int
    recoveries: tuple[tuple[AccountRecovery, bool], ...]
    merges: tuple[PersonMerge, ...]


def care_page(actor: Actor, *, now: datetime, page: str | int = 1) -> CarePage:
    """Read the desk of the office in five queries."""
    requests = DataRequest.objects.select_related("person").order_by("-pk")
    live = requests.filter(state__in=_LIVE).order_by("due_at", "pk")
    counted = live.order_by().aggregate(
        n=Count("pk"),
        late=Count(
            "pk", filter=Q(state="open", due_at__lte=now) | Q(state="granted", effect_due_at__lte=now)
        ),
    )
    shown = Paginator(live, PAGE).get_page(page)
    recoveries = AccountRecovery.objects.filter(state=RecoveryState.ASKED).select_related("user__person")
    merges = PersonMerge.objects.filter(state=MergeState.PROPOSED).select_related("kept", "gone")
    return CarePage(
        requests=shown,
        rows=tuple(_request_row(actor, request, now) for request in shown),
        live=counted["n"],
        late=counted["late"],
        recoveries=tuple((row, now >= row.waits_until) for row in recoveries.order_by("waits_until")[:100]),
        merges=tuple(merges.order_by("pk")[:100]),
    )


# ---------------------------------------------------------------- duplicates


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people that may be one: ids, names, date of birth, and why."""

    one: rules.Known
    other: rules.Known
    why: str


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    pairs: Page
    total: int
    people: int


def duplicates_page(*, page: str | int = 1) -> DuplicatesPage:
    """Compare everybody born on one day, and return the pairs nobody has decided yet. Two queries whatever the size."""
    curp = (
        IdentityDocument.objects.filter(person=OuterRef("pk"), kind=DocumentKind.CURP, is_generic=False)
        .values("number")[:1]
    )  # fmt: skip
    rows = Person.objects.filter(merged_into=None).annotate(curp=Subquery(curp)).order_by("pk")
    people = [
        rules.Known(pk, rules.normalized(*names), birth, number or "")
        for pk, birth, number, *names in rows.values_list(
            "pk", "birth_date", "curp", "given_names", "first_surname", "second_surname"
        )
    ]
    decided = {
        frozenset(pair)
        for pair in PersonMerge.objects.filter(
            state__in=(MergeState.PROPOSED, MergeState.DONE, MergeState.DISTINCT)
        ).values_list("kept", "gone")
    }
    found = [
        Pair(one, other, rules.why_words(why))
        for one, other, why in rules.likely(people)
        if frozenset((one.id, other.id)) not in decided
    ]
    return DuplicatesPage(Paginator(found, PAGE).get_page(page), len(found), len(people))


@dataclass(frozen=True, slots=True)
class Side:
    """One of two people side by side; numbers of documents are masked."""

    person: Person
    email: str
    last_login: datetime | None
    documents: tuple[HeldDocument, ...]
    things: tuple[tuple[str, int], ...]
    events: tuple[tuple[datetime, str, str], ...]


@dataclass(frozen=True, slots=True)
class PairPage:
    sides: tuple[Side, Side]
    merge: PersonMerge | None
    may_confirm: Verdict
    may_undo: Verdict


def pair_page(actor: Actor, one_id: int, other_id: int, *, language: str, now: datetime) -> PairPage | None:
    """Two people side by side with what they hold and both their histories; ``None`` if one does not exist."""
    found = {person.pk: person for person in Person.objects.filter(pk__in=(one_id, other_id))}
    if len(found) != 2:
        return None
    merge = (
        PersonMerge.objects.filter(Q(kept=one_id, gone=other_id) | Q(kept=other_id, gone=one_id))
        .exclude(state=MergeState.WITHDRAWN)
        .order_by("-pk")
        .first()
    )
    nothing = merge or PersonMerge(state=MergeState.WITHDRAWN)
    return PairPage(
        sides=(_side(found[one_id], language), _side(found[other_id], language)),
        merge=merge,
        may_confirm=rules.may_confirm_merge(actor, nothing),
        may_undo=rules.may_undo_merge(actor, nothing, now=now),
    )


def _side(person: Person, language: str) -> Side:
    user = User.objects.filter(person=person).first()
    documents = list(IdentityDocument.objects.filter(person=person).order_by("pk"))
    kinds = {document.kind for document in documents if not document.is_generic}
    return Side(
        person=person,
        email=rules.masked_email(user.email) if user else "",
        last_login=user.last_login if user else None,
        documents=tuple(held_document(document, kinds, language) for document in documents),
        things=tuple(_things(person)),
        events=_history(person, user),
    )


def _history(person: Person, user: User | None) -> tuple[tuple[datetime, str, str], ...]:
    """The latest audit events of a person: what they did, and what was done to them and to anything of theirs."""
    about = Q(subject_model="accounts.Person", subject_id=str(person.pk))
    if user is not None:
        about |= Q(actor=f"user:{user.pk}") | Q(subject_model="accounts.User", subject_id=str(user.pk))
    for relation in Person._meta.related_objects:
        model: Any = relation.related_model
        ids = model._base_manager.filter(**{relation.field.name: person}).values_list("pk", flat=True)
        if found := [str(pk) for pk in ids.order_by("-pk")[:_MOST_LOOKED_AT]]:
            about |= Q(subject_model=model._meta.label, subject_id__in=found)
    events = AuditEvent.objects.filter(about).order_by("-pk")
    return tuple(
        (at, audit.action_words(action), audit.fact_words(detail))
        for at, action, detail in events.values_list("at", "action", "detail")[:_EVENTS]
    )


def _things(person: Person) -> list[tuple[str, int]]:
    """How many rows of other apps point to a person, by what they are."""
    counts = []
    for relation in Person._meta.related_objects:
        model: Any = relation.related_model
        if model._meta.app_label != "accounts":
            count = model._base_manager.filter(**{relation.field.name: person}).count()
            counts.append((str(model._meta.verbose_name_plural), count))
    return counts


# ------------------------------------------------------------------ recovery


@dataclass(frozen=True, slots=True)
class RecoveryPage:
    recovery: AccountRecovery
    person: Person
    documents: tuple[HeldDocument, ...]
    old_email: str
    pages: tuple[int, ...]
    may_complete: Verdict
    may_refuse: Verdict


def recovery_page(actor: Actor, recovery_id: int, *, language: str, now: datetime) -> RecoveryPage | None:
    """A request for another e-mail as the office sees it, in two queries; ``None`` if there is no such one."""
    recovery = AccountRecovery.objects.select_related("user__person", "proof").filter(pk=recovery_id).first()
    if recovery is None or recovery.user.person is None:
        return None
    documents = list(IdentityDocument.objects.filter(person=recovery.user.person).order_by("pk"))
    kinds = {document.kind for document in documents if not document.is_generic}
    return RecoveryPage(
        recovery=recovery,
        person=recovery.user.person,
        documents=tuple(held_document(document, kinds, language) for document in documents),
        old_email=rules.masked_email(recovery.user.email),
        pages=tuple(range(1, recovery.proof.pages + 1)),
        may_complete=rules.may_complete_recovery(actor, recovery, now=now),
        may_refuse=rules.may_refuse_recovery(actor, recovery),
    )


def recovery_proof(recovery_id: int, number: int) -> Any:
    """The picture of a page of the document that was shown, or ``None``: the office never gets the file itself."""
    recovery = AccountRecovery.objects.select_related("proof").filter(pk=recovery_id).first()
    if recovery is None:
        return None
    page = recovery.proof.drawn.select_related("picture").filter(number=number).first()
    if page is not None:
        return page.picture
    return recovery.proof if number == 1 and recovery.proof.media_type.startswith("image/") else None
