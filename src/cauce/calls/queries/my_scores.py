"""The scores of an application as its person reads them, before closing and after: values, source, digest, and what to do if one is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.calls.queries.list import Frame, merit_lines
from cauce.calls.queries.my_home import elsewhere
from cauce.calls.rules.panels import is_loaded
from cauce.calls.rules.waiting import CLAIM


@dataclass(frozen=True, slots=True)
class MyScores:
    """``digest`` is that of the receipt, which covers the values as they were sent; empty before.

    ``wrong_url`` leads to where the person may say that a value is wrong, until ``wrong_until`` if there is a
    clock; where nothing is to be used now, ``instead`` says what is.
    """

    merit: list[tuple[str, str]]
    source: str
    receipt: str
    digest: str
    wrong_url: str
    wrong_until: datetime | None
    instead: str


def my_scores(here: Frame, actor: Actor, *, now: datetime) -> MyScores:
    """Return the scores of one's own application, with no query beyond what waits for the person."""
    application, call = here.application, here.call
    url, until, instead = "", None, ""
    claim = next(
        (one for one in elsewhere(actor, now=now) if one.kind == CLAIM and one.folio == application.folio),
        None,
    )
    if claim is not None:
        url, until = claim.href, claim.until
    elif here.may_edit and any(not is_loaded(each) for each in call.score_criteria):
        url = reverse("calls:application_details", args=[application.folio])
    elif not here.has_result:
        instead = _(
            "Si un valor está mal, escribe a %(contact)s. Si se publica una lista provisional, aquí mismo podrás inconformarte."
        ) % {"contact": call.contact}
    else:
        instead = _(
            "Ya no se puede decir aquí que un valor está mal: no hay un plazo abierto. Responde: %(contact)s."
        ) % {"contact": call.contact}
    sent = here.sent
    return MyScores(
        merit=merit_lines(application),
        source=application.merit_source,
        receipt=sent.receipt if sent else "",
        digest=sent.digest if sent else "",
        wrong_url=url,
        wrong_until=until,
        instead=instead,
    )
