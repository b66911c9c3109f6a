"""Applications on paper from a file: received, read by the worker, confirmed, loaded whole or not at all.

Each becomes what the person would have sent online: a folio, a sent list with its receipt, an audit event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cauce.accounts.models import DocumentKind, IdentityDocument, Person, User
from cauce.accounts.operations import claim_curp
from cauce.base import imports
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.models import Import, ImportState
from cauce.base.phrases import phrase as _
from cauce.base.usecases import note, note_each, step, use_case
from cauce.calls import rules
from cauce.calls.models import Application, Call, Choice, ListVersion, PaperApplication
from cauce.calls.operations.application import new_folio, stamp
from cauce.calls.operations.desk import ChangedMeanwhile
from cauce.calls.queries import applicants as reads
from cauce.calls.queries.application import digest_in_force
from cauce.calls.rules import filing as rulebook
from cauce.calls.rules import letters
from cauce.calls.rules.application import PostFact, check_sendable
from cauce.calls.rules.filing import Filing, Held, Identity
from cauce.calls.rules.panels import without_recorded
from cauce.calls.rules.receipt import to_the_second
from cauce.notices.operations import Letter, post_many

APPLICANTS = "applicants"
_READ_TASK, _LOAD_TASK = "cauce.calls.tasks.read_applicants", "cauce.calls.tasks.load_applicants"
_BATCH = 2000
_ROWS = 300  # of three values: older SQLites take 999
_DRAWS = 20


@step
def _locked(actor: Actor, call: Call) -> Call:
    # Without the key, so that people who start an application online meanwhile do not wait.
    call = Call.objects.select_for_update(of=("self",), no_key=True).get(pk=call.pk)
    rulebook.may_file(actor, call).enforce()
    return call


@use_case
def receive_applicants(
    *,
    actor: Actor,
    call: Call,
    name: str,
    data: bytes,
    consent_held: bool,
    reason: str = "",
    now: datetime,
    by_task: bool = True,
) -> Import:
    """Take a table of paper applications to a call and have it read.

    ``consent_held`` is the word of who brings it that the institution has each
    person's signed consent; ``reason`` the legal basis of a file that comes
    after closing. Both stay in the audit. Raises ``Denied``, ``FilingRefused``, ``ImportRefused``.
    """
    call = _locked(actor, call)
    reason = " ".join(reason.split())
    rulebook.check_terms(call, consent_held=consent_held, reason=reason, received_at=now)
    task = _READ_TASK if by_task else ""
    taken = imports.receive(
        kind=APPLICANTS, scope=call.code, name=name, data=data, task=task, actor=actor, now=now
    )
    taken.facts = {**taken.facts, "consent_held": True, "reason": reason}
    taken.save(update_fields=["facts"])
    note(consent_held=True, reason=reason)
    return taken


@use_case
def drop_applicants(*, actor: Actor, call: Call, taken: Import, now: datetime) -> Import:
    """Let go of the table that waits. Raises ``Denied``."""
    _locked(actor, call)
    return imports.forget(Import.objects.select_for_update().get(pk=taken.pk), now=now)


@use_case
def confirm_applicants(
    *, actor: Actor, call: Call, taken: Import, digest: str, now: datetime, by_task: bool = True
) -> Import:
    """Have the table with this digest loaded as it was read. Raises ``Denied``, ``ImportRefused``."""
    _locked(actor, call)
    return imports.confirm(taken, digest=digest, task=_LOAD_TASK if by_task else "", now=now)


@use_case
def load_applicants(
    *, actor: Actor, call: Call, taken: Import, filings: Sequence[Filing], now: datetime
) -> Import:
    """Apply for everybody in a confirmed table, all or none; who has applied for the same already is left as they are.

    Who is not there yet becomes a person without account; an account that
    nobody has confirmed gives its document up. Whether the file was
    in time is judged by when it was received. Raises ``Denied``,
    ``FilingRefused``, ``ListRefused``, and ``ChangedMeanwhile`` when somebody
    has applied for something else since the table was read.
    """
    call = _locked(actor, call)
    taken = Import.objects.select_for_update().get(pk=taken.pk)
    if taken.state != ImportState.LOADING:
        note(repeated=True)
        return taken
    consent_held, reason = taken.facts.get("consent_held") is True, str(taken.facts.get("reason", ""))
    rulebook.check_terms(call, consent_held=consent_held, reason=reason, received_at=taken.received_at)
    known = reads.held(call, [filing.identity for filing in filings])
    new = [filing for filing in filings if not _stands_already(known.get(filing.identity), filing)]
    for document in reads.unconfirmed([filing.identity for filing in new if filing.identity not in known]):
        claim_curp(document=document)
    sending = Sending.of(call, FromFile(taken.digest), now)
    rest = iter(new)
    while batch := list(islice(rest, _BATCH)):
        note_each(_events(sending.send(batch, known), batch, taken.digest), actor=actor, now=now)
    note(
        asked_by=taken.asked_by,
        consent_held=consent_held,
        reason=reason,
        file=taken.digest,
        applications=len(new),
    )
    return imports.finish(taken, added=len(new), changed=0, now=now)


def _stands_already(held: Held | None, filing: Filing) -> bool:
    if held is None or not held.folio:
        return False
    if held.content != filing.content:
        raise _overtaken()
    return True


def _overtaken() -> ChangedMeanwhile:
    return ChangedMeanwhile(
        _("Alguien del archivo se registró o se postuló después de leerlo."),
        _("Subirlo otra vez, para ver quién."),
    )


def _events(
    sent: Sequence[tuple[Application, ListVersion]], batch: Sequence[Filing], digest: str
) -> Iterator[tuple[Application, dict[str, Any]]]:
    for (application, version), filing in zip(sent, batch, strict=True):
        yield (
            application,
            {
                "version": version.number, "digest": version.digest, "receipt": version.receipt,
                "file": digest, "rows": filing.row,
            },
        )  # fmt: skip


class Source(Protocol):
    """Where applications come from that somebody else sends."""

    def words(self, filing: Filing) -> str:
        """What stands as the source of the merit, in at most 200 characters."""

    def row(self, application: Application, filing: Filing, now: datetime) -> PaperApplication:
        """What is kept of how the application came, not saved."""

    def overtaken(self) -> ChangedMeanwhile:
        """What to say when somebody registered or applied in the same instant."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """A table with this digest."""

    digest: str

    def words(self, filing: Filing) -> str:
        facts = {"digest": self.digest[:12], "row": filing.row}
        return _("Solicitud en papel: archivo %(digest)s, fila %(row)s") % facts

    def row(self, application: Application, filing: Filing, now: datetime) -> PaperApplication:
        return PaperApplication(
            application=application, file_digest=self.digest, row=filing.row, email=filing.email, rfc=filing.rfc,
            filed_at=now,
        )  # fmt: skip

    def overtaken(self) -> ChangedMeanwhile:
        return _overtaken()


@dataclass(frozen=True, slots=True)
class Sending:
    """What all applications share that come from one source at one time."""

    call: Call
    source: Source
    now: datetime
    posts: Mapping[int, PostFact]
    offered: Mapping[int, list[PostFact]]
    rules_digest: str
    rules_version: int

    @classmethod
    def of(cls, call: Call, source: Source, now: datetime) -> Sending:
        posts = reads.post_facts_of(call)
        offered: dict[int, list[PostFact]] = {
            specialty: [] for specialty in call.call_specialties.values_list("specialty_id", flat=True)
        }
        for post in posts.values():
            offered.setdefault(post.specialty_id, []).append(post)
        version = rules.current_version(call)
        return cls(call, source, now, posts, offered, digest_in_force(call), version)

    def send(
        self, batch: Sequence[Filing], known: Mapping[Identity, Held]
    ) -> list[tuple[Application, ListVersion]]:
        """Write a batch and return what was sent, in its order: as many queries for two thousand people as for one.

        Raises ``ChangedMeanwhile`` when somebody registered, applied, or drew a folio, in the same instant.
        """
        try:
            with transaction.atomic():
                return self._written(batch, known)
        except IntegrityError as error:
            raise self.source.overtaken() from error

    def _written(
        self, batch: Sequence[Filing], known: Mapping[Identity, Held]
    ) -> list[tuple[Application, ListVersion]]:
        for filing in batch:
            check_sendable(
                self.call, filing.specialty_id, filing.merit, filing.posts, known=self.posts,
                offered=self.offered[filing.specialty_id],
            )  # fmt: skip
        people = self._people(batch, known)
        keys = {pk: post.key for pk, post in self.posts.items()}
        sent = [
            self._sent(filing, people[filing.identity], folio, keys)
            for filing, folio in zip(batch, self._folios(len(batch)), strict=True)
        ]
        Application.objects.bulk_create([application for application, _version in sent])
        ListVersion.objects.bulk_create([version for _application, version in sent])
        _insert_choices(
            (application.pk, post, rank)
            for application, version in sent
            for rank, post in enumerate(version.posts, start=1)
        )
        PaperApplication.objects.bulk_create(
            self.source.row(application, filing, self.now)
            for (application, _version), filing in zip(sent, batch, strict=True)
        )
        if any(filing.identity in known for filing in batch):
            post_many(self._letters(sent), subject=self.call, now=self.now)
        return sent

    def _people(self, batch: Sequence[Filing], known: Mapping[Identity, Held]) -> dict[Identity, int]:
        """The ids of everybody, those who were not there yet made now, with their documents."""
        new = [filing for filing in batch if filing.identity not in known]
        made = Person.objects.bulk_create(
            Person(
                given_names=filing.given_names, first_surname=filing.first_surname,
                second_surname=filing.second_surname, birth_date=filing.birth_date, sex=filing.sex,
                birth_state=filing.birth_state, is_invented=self.call.is_invented, created_at=self.now,
            )
            for filing in new
        )  # fmt: skip
        IdentityDocument.objects.bulk_create(
            document
            for filing, person in zip(new, made, strict=True)
            for document in _documents(filing, person)
        )
        here = {filing.identity: person.pk for filing, person in zip(new, made, strict=True)}
        there = {
            filing.identity: known[filing.identity].person_id for filing in batch if filing.identity in known
        }
        return here | there

    def _folios(self, count: int) -> list[str]:
        free: set[str] = set()
        for _draw in range(_DRAWS):
            while len(free) < count:
                free.add(new_folio(self.call))
            free -= set(Application.objects.filter(folio__in=free).values_list("folio", flat=True))
            if len(free) == count:
                return list(free)
        raise DomainError(_("No se pudo dar un folio."), _("Intentarlo otra vez en un minuto."))

    def _sent(
        self, filing: Filing, person_id: int, folio: str, keys: Mapping[int, str]
    ) -> tuple[Application, ListVersion]:
        application = Application(
            call=self.call, person_id=person_id, folio=folio, specialty_id=filing.specialty_id,
            merit=list(without_recorded(self.call.score_criteria, filing.merit)),
            merit_source=self.source.words(filing),
            groups=list(filing.groups), origin_state=filing.origin_state, version=1, started_at=self.now,
        )  # fmt: skip
        version = ListVersion(
            application=application, number=1, based_on=0, posts=list(filing.posts), saved_at=self.now
        )
        stamp(
            application, version, keys=keys, rules_digest=self.rules_digest, rules_version=self.rules_version,
            now=self.now,
        )  # fmt: skip
        return application, version

    def _letters(self, sent: Sequence[tuple[Application, ListVersion]]) -> Iterator[Letter]:
        """Tell those who have an account: somebody else has applied for them."""
        by_person = {application.person_id: (application, version) for application, version in sent}
        users = User.objects.filter(person_id__in=by_person).values_list("pk", "person_id", "language")
        for user, person, language in users:
            application, version = by_person[person]
            yield letters.FILED.letter(
                key=f"filed:{application.pk}", user_id=user, language=language, matter=f"call:{self.call.pk}",
                link=reverse("calls:application_receipt", args=[application.folio]), folio=application.folio,
                call=self.call.title, count=len(version.posts), receipt=version.receipt, digest=version.digest,
                contact=self.call.contact, when=partial(to_the_second, self.now),
                closes=partial(to_the_second, self.call.closes_at), is_open=not rulebook.is_late(self.call, self.now),
            )  # fmt: skip


def _insert_choices(rows: Iterator[tuple[int, int, int]]) -> None:
    """Insert (application, post, rank), some hundreds at a time: as objects they would take four times as long."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in ("application_id", "post_id", "rank"))
    into = f"INSERT INTO {quote(Choice._meta.db_table)} ({columns}) VALUES "  # noqa: S608 - no input
    with connection.cursor() as cursor:
        while some := list(islice(rows, _ROWS)):
            cursor.execute(into + ", ".join(["(%s, %s, %s)"] * len(some)), [*chain.from_iterable(some)])


def _documents(filing: Filing, person: Person) -> Iterator[IdentityDocument]:
    kind, country, number = filing.identity
    yield IdentityDocument(
        person=person, kind=kind, country=country, number=number, doubt=filing.document_doubt
    )
    if filing.generic_curp:
        yield IdentityDocument(
            person=person, kind=DocumentKind.CURP, number=filing.generic_curp, is_generic=True
        )
