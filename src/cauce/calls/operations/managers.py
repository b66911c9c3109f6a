"""Senior managers: profile, its reviews, the shortlist in the frozen order, and an appointment with four eyes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls import bridge
from cauce.calls.models import (
    Application,
    ApplicationState,
    Appointment,
    Call,
    Choice,
    Post,
    ProfileReview,
    Shortlist,
    ShortlistEntry,
)
from cauce.calls.operations.desk import locked_draft, touch
from cauce.calls.operations.panels import put_recorded
from cauce.calls.queries.panels import without_record
from cauce.calls.rules import letters, lottery_is_fixed, panels
from cauce.calls.rules import managers as rulebook
from cauce.calls.rules.application import missing_merit
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.calls.rules.managers import AppointmentRefused, ProfileRefused, ShortlistRefused
from cauce.notices.operations import Letter, post_many


@use_case
def save_profile(*, actor: Actor, call: Call, profile: Sequence[dict[str, Any]], now: datetime) -> Call:
    """Replace the profile of a draft. Raises ``Denied``, ``ProfileRefused``."""
    call = locked_draft(actor, call)
    profile = [dict(one) for one in profile]
    if call.profile == profile:
        note(repeated=True)
        return call
    if problem := rulebook.profile_problem(profile):
        raise ProfileRefused(problem, field="profile")
    call.profile = profile
    call.save(update_fields=["profile"])
    touch(call, actor, now)
    note(part="profile", fingerprint=digest_of(canonical({"profile": profile}))[:16])
    return call


@use_case
def review_profile(
    *, actor: Actor, application: Application, met: Sequence[str], remark: str, now: datetime
) -> Application:
    """Record which requirements somebody meets; the profile's criterion, if there is one, follows from it.

    Raises ``Denied``, and ``ProfileRefused`` once a shortlist stands or for a requirement that is not asked.
    """
    application = (
        Application.objects.select_for_update(of=("self",)).select_related("call").get(pk=application.pk)
    )
    call = application.call
    rulebook.may_review_profile(actor, call).enforce()
    met = sorted(set(met))
    remark = " ".join(remark.split())[: panels.MOST_LETTERS]
    before = ProfileReview.objects.filter(application=application).first()
    if before is not None and (before.met, before.note) == (met, remark):
        note(repeated=True)
        return application
    if Shortlist.objects.filter(post__call=call).exists() or call.results_published_at:
        raise ProfileRefused(_("La terna ya se formó con estas revisiones: no cambian."))
    if strange := sorted(set(met) - {one["key"] for one in call.profile}):
        raise ProfileRefused(
            _("El requisito %(key)s no es de este perfil.") % {"key": strange[0]}, field="met"
        )
    ProfileReview.objects.update_or_create(
        application=application,
        defaults={"met": met, "note": remark, "reviewed_by_id": actor.user_id or 0, "reviewed_at": now},
    )
    place = panels.panel_place(call.score_criteria, panels.PROFILE)
    if place is not None:
        value = rulebook.profile_value(call.profile, met, call.score_criteria[place])
        put_recorded(application, call, panels.PROFILE, value)
    note(met=len(met), asked=len(call.profile))
    return application


@use_case
def make_shortlist(*, actor: Actor, post: Post, now: datetime) -> Shortlist:
    """Take the first three, in the order of the frozen rules, of those who sent a list with the post and meet its profile.

    Made once. Raises ``Denied``, and ``ShortlistRefused`` before the closing,
    while somebody lacks a review or a value, or when nobody qualifies.
    """
    post = Post.objects.select_for_update(of=("self",)).select_related("call").get(pk=post.pk)
    call = Call.objects.select_for_update(of=("self",)).get(pk=post.call_id)
    rulebook.may_shortlist(actor, call).enforce()
    made = Shortlist.objects.filter(post=post).first()
    if made is not None:
        note(repeated=True)
        return made
    if now <= call.closes_at:
        raise ShortlistRefused(_("La convocatoria sigue abierta."), _("Formar la terna después del cierre."))
    lottery_is_fixed(call).enforce()
    order = rulebook.in_order(_standings(call, post))
    if not order:
        raise ShortlistRefused(
            _("Nadie que cumpla el perfil pide esta plaza."), _("Declararla desierta y volver a convocar.")
        )
    folios = [one.folio for one in order]
    digest = digest_of(
        canonical(
            {
                "format": "cauce-shortlist/1", "rules": call.rules_digest, "post": post.key,
                "order": [{"folio": one.folio, "merit": list(one.merit)} for one in order],
            }
        )
    )  # fmt: skip
    made = Shortlist.objects.create(
        post=post, order=folios, digest=digest, made_by_id=actor.user_id or 0, made_at=now
    )
    ShortlistEntry.objects.bulk_create(
        ShortlistEntry(shortlist=made, application_id=one.application, place=at)
        for at, one in enumerate(order[: rulebook.SHORTLIST], 1)
    )
    told = post_many(_letters(made, folios[: rulebook.SHORTLIST]), now=now, subject=made)
    note(digest=digest, people=len(order), told=told)
    return made


@use_case
def decline_shortlist(*, actor: Actor, entry: ShortlistEntry, reason: str, now: datetime) -> Shortlist:
    """Note that somebody of the shortlist does not go on, and why; the next of the order comes in.

    Raises ``Denied``, and ``ShortlistRefused`` without a reason or once somebody is proposed.
    """
    made = _locked(entry.shortlist_id)
    rulebook.may_shortlist(actor, made.post.call).enforce()
    entry = made.entries.get(pk=entry.pk)
    if entry.declined_at is not None:
        note(repeated=True)
        return made
    reason = " ".join(reason.split())
    if problem := panels.words_problem(reason):
        raise ShortlistRefused(problem, _("Copiar lo que la persona escribió."), field="reason")
    if Appointment.objects.filter(shortlist=made).exists():
        raise ShortlistRefused(_("Ya hay una propuesta de nombramiento."))
    entry.declined_at, entry.reason = now, reason
    entry.save(update_fields=["declined_at", "reason"])
    listed = made.entries.count()
    if listed < len(made.order):
        following = Application.objects.get(folio=made.order[listed])
        ShortlistEntry.objects.create(shortlist=made, application=following, place=listed + 1)
        post_many(_letters(made, [following.folio]), now=now, subject=made)
    note(place=entry.place)
    return made


@use_case
def propose_appointment(*, actor: Actor, entry: ShortlistEntry, reason: str, now: datetime) -> Appointment:
    """Propose who of the shortlist is appointed, with the reasons that will be public.

    One proposal for each post; it may be worded again until it is signed. Raises ``Denied``, ``AppointmentRefused``.
    """
    made = _locked(entry.shortlist_id)
    rulebook.may_shortlist(actor, made.post.call).enforce()
    entry = made.entries.get(pk=entry.pk)
    reason = " ".join(reason.split())
    current = Appointment.objects.filter(shortlist=made).first()
    if current is not None and (current.entry_id, current.reason) == (entry.pk, reason):
        note(repeated=True)
        return current
    if current is not None and current.signed_at is not None:
        raise AppointmentRefused(_("El nombramiento ya está firmado y publicado."))
    if entry.declined_at is not None:
        raise AppointmentRefused(_("Esta persona declinó."), field="entry")
    if problem := rulebook.reason_problem(reason):
        raise AppointmentRefused(
            problem, _("Decir por qué esta persona y no las otras de la terna."), field="reason"
        )
    appointment, _created = Appointment.objects.update_or_create(
        shortlist=made,
        defaults={"entry": entry, "reason": reason, "proposed_by_id": actor.user_id or 0, "proposed_at": now},
    )
    note(place=entry.place)
    return appointment


@use_case
def sign_appointment(*, actor: Actor, appointment: Appointment, expected: str, now: datetime) -> Appointment:
    """Sign what somebody else proposed: with that it is public. ``expected`` is its fingerprint as shown.

    Raises ``Denied``, also for who proposed; ``AppointmentRefused`` when it was worded again meanwhile.
    """
    made = _locked(appointment.shortlist_id)
    appointment = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    rulebook.may_sign(actor, appointment, made.post.call.institution_id).enforce()
    if appointment.signed_at is not None:
        note(repeated=True)
        return appointment
    if expected != rulebook.fingerprint_of(appointment):
        raise AppointmentRefused(_("La propuesta cambió mientras se leía."), _("Leerla otra vez."))
    appointment.signed_by_id, appointment.signed_at = actor.user_id, now
    appointment.save(update_fields=["signed_by", "signed_at"])
    note(place=appointment.entry.place, digest=made.digest)
    return appointment


@step
def _locked(shortlist: int) -> Shortlist:
    return Shortlist.objects.select_for_update(of=("self",)).select_related("post__call").get(pk=shortlist)


def _standings(call: Call, post: Post) -> list[rulebook.Standing]:
    wanting = Choice.objects.filter(post=post).values("application_id")
    people = list(
        Application.objects.filter(call=call, state=ApplicationState.SUBMITTED, pk__in=wanting)
        .select_related("profile_review")
        .order_by("folio")
    )
    unseen = [one.folio for one in people if call.profile and not hasattr(one, "profile_review")]
    if unseen:
        raise ShortlistRefused(
            _("Falta revisar el perfil de %(folio)s.") % {"folio": unseen[0]},
            _("Revisarlos todos antes de la terna."),
        )
    met = [
        one
        for one in people
        if not call.profile or not rulebook.lacking(call.profile, one.profile_review.met)
    ]
    for one in met:
        if gaps := missing_merit(call, one.merit):
            raise ShortlistRefused(
                _("A %(folio)s le falta %(label)s.") % {"folio": one.folio, "label": gaps[0]["label"]},
                _("Terminar de calificar antes de la terna."),
            )
    if strange := set(without_record(call)) & {one.folio for one in met}:
        raise ShortlistRefused(
            _("La calificación de %(folio)s no sale de hojas selladas.") % {"folio": min(strange)},
            _("Revisar la bitácora: nadie entra al orden así."),
        )
    tickets = bridge.tickets(call.lottery_key, [one.folio for one in met])
    return [
        rulebook.Standing(one.pk, one.folio, tuple(one.merit), ticket)
        for one, ticket in zip(met, tickets, strict=True)
    ]


def _letters(made: Shortlist, folios: Sequence[str]) -> Iterator[Letter]:
    call = made.post.call
    of = {one.person_id: one for one in Application.objects.filter(folio__in=folios)}
    for user, person, language in User.objects.filter(person_id__in=of).values_list(
        "pk", "person_id", "language"
    ):
        folio = of[person].folio
        yield letters.SHORTLIST.letter(
            key=f"shortlist:{made.pk}:{of[person].pk}", user_id=user, language=language, matter=f"call:{call.pk}",
            link=reverse("calls:application", args=[folio]), title=call.title, folio=folio, contact=call.contact,
        )  # fmt: skip
