"""What of an allocation waits for a person: an offer to answer, a turn that comes, a window to claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.allocation.models import (
    Claim,
    LiveState,
    LiveTurn,
    Offer,
    Placement,
    Release,
    ReleaseState,
    TurnState,
)
from cauce.allocation.rules import claims as claim_rules
from cauce.allocation.rules import offers as offer_rules
from cauce.allocation.rules import releases as release_rules
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.calls.models import Application, ApplicationState, CallState
from cauce.calls.rules.waiting import CLAIM, Waiting


def waiting_for(actor: Actor, *, now: datetime) -> list[Waiting]:
    """Return what waits for the actor, in four queries whatever there is; none for who is no person."""
    if actor.person_id is None:
        return []
    return [*_offers(actor, now), *_turns(actor), *_claims(actor, now)]


def _offers(actor: Actor, now: datetime) -> Iterator[Waiting]:
    offers = (
        Offer.objects.filter(application__person=actor.person_id, state__in=offer_rules.WAITING)
        .select_related("application", "release__call", "seat__post__specialty", "seat__post__site")
        .defer("document")
        .order_by("answer_by", "pk")
    )
    for offer in offers:
        if not offer_rules.may_answer(actor, offer, now=now) or offer.answer_by is None:
            continue
        call, folio, post = offer.release.call, offer.application.folio, offer.seat.post
        yield Waiting(
            folio, call.title, _("Tienes una oferta que responder"),
            _("%(specialty)s, %(site)s. Responde a más tardar el %(when)s.")
            % {
                "specialty": post.specialty.name, "site": post.site.short_name,
                "when": figures.moment(offer.answer_by, weekday=True, zone=True),
            },
            reverse("allocation:offer", args=[call.code, folio, offer.release.number]), _("Ver mi oferta"),
            offer.answer_by,
        )  # fmt: skip


def _turns(actor: Actor) -> Iterator[Waiting]:
    """A turn that is open, or has few people before it."""
    lane = Q(session__turns__specialty=F("specialty")) & ~Q(session__turns__state=TurnState.DONE)
    turns = (
        LiveTurn.objects.filter(application__person=actor.person_id, session__state=LiveState.OPEN)
        .exclude(state=TurnState.DONE)
        .annotate(ahead=Count("session__turns", filter=lane & Q(session__turns__place__lt=F("place"))))
        .select_related("session__call", "application")
    )
    for turn in turns:
        if turn.state != TurnState.OPEN and turn.ahead > settings.LIVE_NEAR:
            continue
        call = turn.session.call
        link, folio = reverse("allocation:my_turn", args=[call.code]), turn.application.folio
        if turn.state == TurnState.OPEN:
            asked = _("Elige tu plaza. Si se acaba el tiempo, actúa la lista que enviaste.")
            yield Waiting(
                folio,
                call.title,
                _("Es tu turno"),
                asked,
                link,
                _("Elegir mi plaza"),
                turn.deadline,
                is_now=True,
            )
        else:
            asked = ngettext(
                "Falta una persona antes que tú.", "Faltan %(count)s personas antes que tú.", turn.ahead
            ) % {"count": figures.number(turn.ahead)}
            yield Waiting(
                folio, call.title, _("Tu turno está cerca"), asked, link, _("Ver mi turno"), is_now=True
            )


def _claims(actor: Actor, now: datetime) -> Iterator[Waiting]:
    """Results against which the person may still claim."""
    is_placed = Placement.objects.filter(application=OuterRef("pk"), run__call=OuterRef("call"))
    has_open = Claim.objects.filter(application=OuterRef("pk"), state__in=claim_rules.OPEN)
    mine = (
        Application.objects.filter(
            Exists(is_placed), person=actor.person_id, call__state=CallState.PUBLISHED,
            call__results_published_at__isnull=False,
        )
        .exclude(state=ApplicationState.WITHDRAWN)
        .annotate(has_open=Exists(has_open))
        .select_related("call")
    )  # fmt: skip
    applications = {one.call_id: one for one in mine}
    releases: defaultdict[int, list[Release]] = defaultdict(list)
    for one in Release.objects.filter(call__in=applications, state=ReleaseState.PUBLIC).defer("preview"):
        releases[one.call_id].append(one)
    for call_id, application in applications.items():
        release = release_rules.current_list(releases[call_id])
        verdict = claim_rules.may_claim(
            actor, person_id=application.person_id, release=release, has_open=application.has_open, now=now
        )
        if not verdict or release is None or release.claims_until is None:
            continue
        call = application.call
        yield Waiting(
            application.folio, call.title, _("Puedes inconformarte con tu resultado"),
            _("Es provisional. Hasta el %(when)s puedes decir qué está mal; si todo está bien, no hagas nada.")
            % {"when": figures.moment(release.claims_until, weekday=True, zone=True)},
            reverse("allocation:claim_form", args=[call.code, application.folio]), _("Inconformarme"),
            release.claims_until, is_choice=True, kind=CLAIM,
        )  # fmt: skip
