"""What an applicant does: start, declare, order, send, withdraw. Nothing a person ordered is ever lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts.models import Consent, PrivacyNotice, User
from cauce.base.actors import Actor
from cauce.base.errors import DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import rules
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    Choice,
    ListRule,
    ListVersion,
    Post,
)
from cauce.calls.operations.evidence import queue_case
from cauce.calls.queries import application as reads
from cauce.calls.queries import categories
from cauce.calls.rules import application as rulebook
from cauce.calls.rules import categories as category_rules
from cauce.calls.rules import letters
from cauce.calls.rules.categories import Categories
from cauce.calls.rules.folio import NUMBERS, folio
from cauce.calls.rules.panels import as_brought
from cauce.calls.rules.receipt import receipt_for, to_the_second
from cauce.notices import operations as notices
from cauce.notices.rules import Template

DetailsRefused = rulebook.DetailsRefused
ListRefused = rulebook.ListRefused
_CODE_IN_FOLIO = 9
_DRAWS = 20


class ListChanged(DomainError):
    """The list that was to be sent is not the current one."""

    code = "list_changed"


class RulesNotAccepted(Refused):
    """The person has not accepted the rules in force."""

    code = "rules_not_accepted"


class NoSuchVersion(DomainError):
    """There is no list with that number."""

    status = 404
    code = "no_such_version"


@use_case
def start_application(*, call: Call, actor: Actor, now: datetime) -> Application:
    """Start the actor's application to ``call``, or return the one there is: however often it is asked, one.

    Raises ``Denied`` while the call takes no applications, unless there is one already.
    """
    call = Call.objects.get(pk=call.pk)
    if found := _existing(call, actor):
        note(existing=True)
        return found
    rulebook.may_start(actor, call, now=now).enforce()
    assert actor.person_id is not None  # noqa: S101 - the rule has just said so
    category = _category_by_documents(call, actor.person_id)
    for _draw in range(_DRAWS):
        try:
            with transaction.atomic():
                return Application.objects.create(
                    call=call,
                    person_id=actor.person_id,
                    folio=new_folio(call),
                    category=category,
                    started_at=now,
                )
        except IntegrityError:
            # Either another request of the same person came first, or the folio is taken.
            if found := _existing(call, actor):
                note(existing=True)
                return found
    raise DomainError(_("No se pudo dar un folio."), _("Intenta otra vez en un minuto."))


def _category_by_documents(call: Call, person_id: int) -> str:
    """The category that follows from the person's documents, "" where they choose; ``Denied`` where none is admitted."""
    admitted = Categories.of(call).keys
    if not admitted:
        return ""
    who = categories.identity_of(person_id, call)
    waiting = categories.waiting_invitations(person_id, call)
    category_rules.may_apply_as_any(who, admitted, waiting).enforce()
    return category_rules.only_one(who, admitted) or ""


def _existing(call: Call, actor: Actor) -> Application | None:
    return (
        Application.objects.filter(call=call, person_id=actor.person_id).first() if actor.person_id else None
    )


@step
def new_folio(call: Call) -> str:
    """Draw a folio of ``call``; whether it is free, only the database knows."""
    # A receipt holds the folio and must fit in 30 characters.
    return folio(call.code[:_CODE_IN_FOLIO].rstrip("-"), secrets.randbelow(NUMBERS))


@use_case
def save_details(
    *,
    application: Application,
    specialty_id: int,
    declared: Mapping[str, str],
    phone: str,
    actor: Actor,
    now: datetime,
) -> Application:
    """Keep the specialty, the declared criteria (key -> text as typed) and the telephone.

    Another specialty begins a new list; the former one stays among the
    versions. Changing anything but the telephone of a withdrawn application
    makes it a draft again, which must be sent anew. With ``ListRule.COMPLETE``
    the list begins with every post of the specialty. Raises ``Denied`` while a
    sending counts and anything but the telephone changes, ``DetailsRefused``
    on the field at fault.
    """
    application = _locked(application)
    call, sent = application.call, reads.as_sent(reads.counting(application))
    rulebook.may_edit(actor, application, now=now, sent=sent).enforce()
    if not call.call_specialties.filter(specialty_id=specialty_id).exists():
        raise DetailsRefused(
            _("Esa especialidad no está en esta convocatoria."),
            _("Elige una de la lista."),
            field="specialty",
        )
    merit = _declared_merit(application, declared)
    changes_specialty = application.specialty_id != specialty_id
    if changes_specialty or merit != application.merit:
        rulebook.may_change_details(actor, application, now=now, sent=sent).enforce()
        back_to_draft(application, now=now)
    if application.person.phone != phone:
        application.person.phone = phone
        application.person.save(update_fields=["phone"])
    application.specialty_id, application.merit = specialty_id, merit
    if any(criterion.get("declared") for criterion in call.score_criteria):
        application.merit_source = _("Declarado por la persona")
    application.save(update_fields=["specialty_id", "merit", "merit_source", "state", "withdrawn_at"])
    if changes_specialty and (application.version or call.list_rule == ListRule.COMPLETE):
        _begin_list(application, now=now)
    note(specialty=specialty_id, version=application.version)
    return application


def _declared_merit(application: Application, declared: Mapping[str, str]) -> list[str]:
    """Read the declared criteria; keep the values of those that somebody else loads."""
    criteria = application.call.score_criteria
    kept = [*application.merit, *[""] * (len(criteria) - len(application.merit))]
    merit = [
        rulebook.read_merit(criterion, declared.get(criterion["key"], ""))
        if criterion.get("declared")
        else value
        for criterion, value in zip(criteria, kept, strict=True)
    ]
    return merit if any(merit) else []


@step
def back_to_draft(application: Application, *, now: datetime) -> None:
    """What was sent had other details: it must be sent again, under a number of its own."""
    if application.state == ApplicationState.WITHDRAWN:
        application.state, application.withdrawn_at = ApplicationState.DRAFT, None
        if application.version:
            current = application.versions.get(number=application.version)
            _keep(application, current.posts, based_on=current.number, now=now)


def _begin_list(application: Application, *, now: datetime) -> None:
    posts: list[int] = []
    if application.call.list_rule == ListRule.COMPLETE:
        posts = [fact.id for fact in _in_reach(application)]
    _keep(application, posts, based_on=application.version, now=now)


@use_case
def save_list(
    *, application: Application, posts: Sequence[int], based_on: int, actor: Actor, now: datetime
) -> ListVersion:
    """Keep ``posts`` (ids, best first) as the next version, made over version ``based_on``.

    If another device has saved in between, what came is kept all the same with
    ``is_refused``, and the current list stays; the caller shows both. The same
    list twice is one version. Raises ``ListRefused`` naming the post, and then
    keeps nothing; ``Denied`` when the call takes no more.
    """
    application = _locked(application)
    _enforce_edit(application, actor, now=now)
    posts = list(posts)
    known = reads.post_facts(posts[: rulebook.LONGEST_LIST])
    _check(application, posts, known)
    current = application.versions.filter(number=application.version).first()
    if posts == (current.posts if current else []):
        note(version=application.version, unchanged=True)
        return current or _keep(application, posts, based_on=based_on, now=now)
    if based_on != application.version:
        return _refuse(application, posts, based_on=based_on, now=now)
    version = _keep(application, posts, based_on=based_on, now=now)
    note(version=version.number, posts=len(posts))
    return version


def _refuse(application: Application, posts: list[int], *, based_on: int, now: datetime) -> ListVersion:
    same = application.versions.filter(is_refused=True, based_on=based_on).order_by("-number").first()
    if same is None or same.posts != posts:
        same = ListVersion.objects.create(
            application=application,
            number=_next_number(application),
            based_on=based_on,
            posts=posts,
            is_refused=True,
            saved_at=now,
        )
    note(version=application.version, refused=same.number)
    return same


@use_case
def take_over(*, application: Application, number: int, actor: Actor, now: datetime) -> ListVersion:
    """Make version ``number``, refused or old, the current list again, as a new version.

    Posts that the list may no longer hold make it ``ListRefused``. Taking over
    what is current already changes nothing. Raises ``NoSuchVersion``.
    """
    application = _locked(application)
    _enforce_edit(application, actor, now=now)
    chosen = application.versions.filter(number=number).first() if 0 < number < 2**31 else None
    if chosen is None:
        raise NoSuchVersion(
            _("Esa versión de tu lista no existe."), _("Elige una de las que aparecen en tus versiones.")
        )
    if number == application.version:
        note(version=number, unchanged=True)
        return chosen
    _check(application, chosen.posts, reads.post_facts(chosen.posts))
    current = application.versions.filter(number=application.version).first()
    if current is not None and current.posts == chosen.posts:
        note(version=current.number, unchanged=True)
        return current
    version = _keep(application, chosen.posts, based_on=number, now=now)
    note(version=version.number, taken_from=number)
    return version


@use_case
def add_missing(*, application: Application, actor: Actor, now: datetime) -> ListVersion:
    """Append the posts of the specialty that the list lacks, in the starting order; nothing lacking changes nothing."""
    application = _locked(application)
    _enforce_edit(application, actor, now=now)
    current = application.versions.filter(number=application.version).first()
    held = current.posts if current else []
    offered = _in_reach(application)
    posts = [*held, *(fact.id for fact in offered if fact.id not in set(held))]
    _check(application, posts, reads.post_facts(posts))
    if current is not None and posts == held:
        note(version=current.number, unchanged=True)
        return current
    version = _keep(application, posts, based_on=application.version, now=now)
    note(version=version.number, posts=len(posts))
    return version


@use_case
def send_list(
    *, application: Application, version: int, accepts_rules: int, actor: Actor, now: datetime
) -> ListVersion:
    """Send the current list, which must be ``version``; return it with its receipt. A letter confirms it.

    ``accepts_rules`` is the version of the rules that the person accepts; only
    the one in force will do. What is sent already is returned as it is,
    without a new receipt. Raises ``Denied`` after closing, ``ListChanged``,
    ``ListRefused`` for a list that is empty or not complete, and
    ``RulesNotAccepted``.
    """
    application = _locked(application)
    counting = reads.counting(application)
    rulebook.may_edit(actor, application, now=now, sent=reads.as_sent(counting)).enforce()
    call = application.call
    if version != application.version or not version:
        raise ListChanged(
            _("Tu lista cambió después de abrir esta página."),
            _("Revísala como está ahora y envíala otra vez."),
        )
    current = application.versions.get(number=version)
    in_force = rules.current_version(call)
    if counting is not None and _counts_already(application, current, counting, in_force):
        note(version=counting.number, already_sent=True)
        return counting
    _check_sendable(application, current, accepts_rules=accepts_rules, in_force=in_force)
    if current.sent_at is not None:  # sent before, withdrawn or under other rules: a sending never changes
        current = _keep(application, current.posts, based_on=current.number, now=now)
    _stamp(application, current, rules_version=in_force, now=now)
    _consent(application, now=now)
    queue_case(application, now=now)
    _tell_sent(application, current, now=now)
    note(version=current.number, digest=current.digest, receipt=current.receipt)
    return current


def _counts_already(
    application: Application, current: ListVersion, counting: ListVersion, in_force: int
) -> bool:
    return (
        application.state == ApplicationState.SUBMITTED
        and counting.posts == current.posts
        and application.accepted_rules == in_force
    )


def _check_sendable(
    application: Application, current: ListVersion, *, accepts_rules: int, in_force: int
) -> None:
    call = application.call
    if call.categories and not application.category:
        raise ListRefused(_("Falta decir en qué categoría te postulas."), _("Elígela en tus datos."))
    rulebook.check_sendable(
        call,
        application.specialty_id,
        application.merit,
        current.posts,
        known=reads.post_facts(current.posts),
        offered=reads.offered_facts(call, application.specialty_id),
        groups=rulebook.classes_of_person(application),
    )
    if accepts_rules != in_force:
        raise RulesNotAccepted(
            _("Falta aceptar las reglas vigentes (versión %(version)s).") % {"version": in_force},
            _("Léelas y marca la casilla."),
            field="accepts",
        )


@step
def _stamp(application: Application, version: ListVersion, *, rules_version: int, now: datetime) -> None:
    keys = dict(Post.objects.filter(pk__in=version.posts).values_list("pk", "key"))
    stamp(
        application,
        version,
        keys=keys,
        rules_digest=reads.digest_in_force(application.call),
        rules_version=rules_version,
        now=now,
    )
    version.save(update_fields=["sent_at", "receipt", "digest"])
    application.save(update_fields=["state", "withdrawn_at", "submitted_at", "accepted_rules"])


@step
def stamp(
    application: Application,
    version: ListVersion,
    *,
    keys: Mapping[int, str],
    rules_digest: str,
    rules_version: int,
    now: datetime,
) -> None:
    """Make ``version`` the sending of ``application``, with its receipt; saving both is the caller's.

    ``keys`` are the posts' by id.
    """
    sent_at = now.replace(microsecond=0)
    receipt = receipt_for(
        folio=application.folio,
        call=application.call.code,
        rules_digest=rules_digest,
        version=version.number,
        merit=as_brought(application.call.score_criteria, application.merit),
        posts=[keys[post] for post in version.posts],
        sent_at=sent_at,
    )
    version.sent_at, version.receipt, version.digest = sent_at, receipt.number, receipt.digest
    application.state, application.withdrawn_at = ApplicationState.SUBMITTED, None
    application.submitted_at, application.accepted_rules = now, rules_version


@step
def _consent(application: Application, *, now: datetime) -> None:
    if notice := PrivacyNotice.objects.order_by("-version").first():
        Consent.objects.get_or_create(person_id=application.person_id, notice=notice, defaults={"at": now})


@use_case
def withdraw(*, application: Application, actor: Actor, now: datetime) -> Application:
    """Take the application out of the allocation; its lists stay, and it can come back until closing.

    Withdrawn already: nothing changes. A letter confirms it. Raises ``Denied``.
    """
    application = _locked(application)
    counting = reads.counting(application)
    rulebook.may_withdraw(actor, application, now=now, sent=reads.as_sent(counting)).enforce()
    if application.state == ApplicationState.WITHDRAWN:
        note(unchanged=True)
        return application
    application.state, application.withdrawn_at = ApplicationState.WITHDRAWN, now
    application.save(update_fields=["state", "withdrawn_at"])
    _tell(
        application, letters.WITHDRAWN, key=f"withdrawn:{application.pk}:{now.timestamp()}", page="calls:application",
        now=now, call=application.call.title, when=partial(to_the_second, application.call.closes_at),
    )  # fmt: skip
    return application


@use_case
def restore(*, application: Application, actor: Actor, now: datetime) -> Application:
    """Bring a withdrawn application back with the list that it had sent; a letter confirms it.

    Not withdrawn but sent: nothing changes. Raises ``Denied``.
    """
    application = _locked(application)
    counting = reads.counting(application)
    rulebook.may_restore(actor, application, now=now, sent=reads.as_sent(counting)).enforce()
    if application.state == ApplicationState.SUBMITTED or counting is None:
        note(unchanged=True)
        return application
    # The sending keeps its own time; this one tells the count of demand that something changed.
    application.state, application.withdrawn_at, application.submitted_at = (
        ApplicationState.SUBMITTED,
        None,
        now,
    )
    application.save(update_fields=["state", "withdrawn_at", "submitted_at"])
    _tell(
        application, letters.RESTORED, key=f"restored:{application.pk}:{now.timestamp()}", page="calls:application",
        now=now, counts=lambda: str(rulebook.what_counts(application, reads.as_sent(counting))),
    )  # fmt: skip
    return application


@use_case
def count_demand(*, call: Call, actor: Actor, now: datetime) -> Call:
    """Count again in how many sent lists each post of ``call`` is, and in how many it comes first."""
    call = Call.objects.select_for_update().get(pk=call.pk)
    counts = reads.demand(call)
    changed = []
    for post in call.posts.only("id", "call", "listed", "listed_first"):
        found = counts.get(post.pk, (0, 0))
        if found != (post.listed, post.listed_first):
            post.listed, post.listed_first = found
            changed.append(post)
    Post.objects.bulk_update(changed, ["listed", "listed_first"], batch_size=500)
    call.demand_at = now
    call.save(update_fields=["demand_at"])
    note(posts=len(changed))
    return call


# ------------------------------------------------------------------ shared


def _locked(application: Application) -> Application:
    """Reload the application under a lock, with what its rules read."""
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "person")
        .get(pk=application.pk)
    )


def _enforce_edit(application: Application, actor: Actor, *, now: datetime) -> None:
    sent = None
    if not rules.accepts(application.call, now=now):
        sent = reads.as_sent(reads.counting(application))
    rulebook.may_edit(actor, application, now=now, sent=sent).enforce()


def _check(application: Application, posts: Sequence[int], known: Mapping[int, rulebook.PostFact]) -> None:
    groups = rulebook.classes_of_person(application)
    rulebook.check_list(application.call, application.specialty_id, posts, known, groups)


def _in_reach(application: Application) -> list[rulebook.PostFact]:
    """The posts of the specialty of which the person can get a seat, in the order a complete list starts with."""
    offered = reads.offered_facts(application.call, application.specialty_id)
    return rulebook.in_reach(application.call, offered, rulebook.classes_of_person(application))


def _next_number(application: Application) -> int:
    newest = application.versions.aggregate(newest=models.Max("number"))["newest"]
    return max(newest or 0, application.version) + 1


def _keep(application: Application, posts: Sequence[int], *, based_on: int, now: datetime) -> ListVersion:
    """Make ``posts`` the current list, as a new version."""
    version = ListVersion.objects.create(
        application=application,
        number=_next_number(application),
        based_on=based_on,
        posts=list(posts),
        saved_at=now,
    )
    application.version = version.number
    application.save(update_fields=["version"])
    application.choices.all().delete()
    Choice.objects.bulk_create(
        Choice(application=application, post_id=post, rank=rank) for rank, post in enumerate(posts, start=1)
    )
    return version


def _tell_sent(application: Application, version: ListVersion, *, now: datetime) -> None:
    _tell(
        application, letters.SENT, key=f"sent:{application.pk}:{version.number}", page="calls:application_receipt",
        now=now, when=partial(to_the_second, now), version=version.number, count=len(version.posts),
        receipt=version.receipt, digest=version.digest, closes=partial(to_the_second, application.call.closes_at),
    )  # fmt: skip


def _tell(
    application: Application, text: Template, *, key: str, page: str, now: datetime, **facts: Any
) -> None:
    if user := User.objects.filter(person_id=application.person_id).first():
        letter = text.letter(
            key=key, user_id=user.pk, language=user.language, link=reverse(page, args=[application.folio]),
            matter=f"call:{application.call_id}", folio=application.folio, **facts,
        )  # fmt: skip
        notices.post_letter(letter, now=now, subject=application)
