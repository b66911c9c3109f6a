"""A person takes over what an institution applied for on paper in their name."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts.models import IdentityClaim, User
from cauce.accounts.operations import grant_claim
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.usecases import note, use_case
from cauce.calls.models import Application
from cauce.calls.rules import letters
from cauce.calls.rules.filing import check_folio
from cauce.notices.operations import post_letter


@use_case
def take_over_paper(*, folio: str, actor: Actor, now: datetime) -> Application:
    """Give the actor's account the person whose CURP it claims, proven by the folio of one of their paper applications.

    All that was brought for that person becomes theirs as it is, with its choices and its history; they are told by
    letter. The same folio sent again changes nothing. Raises ``FolioRefused`` for any other folio, ``IdentityTaken``
    when another account has proven it before, and ``Denied``.
    """
    claim = IdentityClaim.objects.select_for_update().filter(user=actor.user_id or 0).first()
    user = User.objects.filter(pk=actor.user_id or 0).first()
    if user is None or (claim is None and user.person_id is None):
        raise Denied(_("Esta cuenta no tiene ninguna solicitud en papel por reunir."))
    person = claim.person_id if claim is not None else user.person_id
    on_paper = list(
        Application.objects.filter(person=person, paper__isnull=False).select_related("call").order_by("pk")
    )
    proven = check_folio(folio, [one.folio for one in on_paper])
    found = next(one for one in on_paper if one.folio == proven)
    if claim is None:
        note(repeated=True)
        return found
    grant_claim(claim=claim, now=now)
    note(applications=len(on_paper))
    _tell(user, found, now)
    return found


def _tell(user: User, application: Application, now: datetime) -> None:
    letter = letters.TAKEN_OVER.letter(
        key=f"taken_over:{application.person_id}",
        user_id=user.pk,
        language=user.language,
        link=reverse("calls:application", args=[application.folio]),
        matter=f"call:{application.call_id}",
        folio=application.folio,
        call=application.call.title,
        contact=application.call.contact,
    )
    post_letter(letter, now=now, subject=application)
