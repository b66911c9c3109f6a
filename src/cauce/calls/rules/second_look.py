"""The rights of a person whose scores are looked at a second time: to be told, to answer, to be decided on with reasons."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.calls.models import Call, CallState, ScoreReview
from cauce.calls.rules.desk import may_manage

REPLY_DAYS = 5  # working days
FEWEST_LETTERS, MOST_LETTERS = 10, 4000


class ReplyRefused(Refused):
    """An answer that says nothing, or comes when there is nothing left to answer."""

    code = "reply_refused"


def may_look(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may have all scores of the call looked over again."""
    verdict = ALLOWED if actor.is_system else may_manage(actor, call)
    return verdict.unless(
        call.state == CallState.DRAFT, _("La convocatoria es un borrador: todavía no hay puntajes.")
    )


def may_reply(actor: Actor, review: ScoreReview) -> Verdict:
    """Whether the actor may answer: the person whose scores they are, once, while nobody has decided."""
    if actor.person_id is None or review.application.person_id != actor.person_id:
        return Verdict(False, _("Esta revisión es de otra persona."))
    if review.closed_at is not None:
        return Verdict(False, _("Esta revisión ya se decidió."), _("Lee abajo qué se encontró."))
    if review.replied_at is not None:
        return Verdict(False, _("Ya contestaste; lo leerá la persona que decide."))
    return ALLOWED


def may_refer(review: ScoreReview, *, now: datetime) -> Verdict:
    """Whether the matter may be handed on: only once the person answered, or had their working days to."""
    if review.replied_at is not None or (review.reply_until is not None and now >= review.reply_until):
        return ALLOWED
    if review.reply_until is None:
        return Verdict(
            False,
            _("La persona todavía no sabe de esta revisión."),
            _("Esperar a que se le avise; toma un minuto."),
        )
    return Verdict(
        False,
        _("La persona no ha contestado y puede hacerlo hasta el %(moment)s.")
        % {"moment": figures.moment(review.reply_until)},
        _("Esperar, o cerrarla sin nada que corregir."),
    )


def reply_problem(text: str) -> str:
    """Say why this is no answer, or nothing."""
    if len(text) < FEWEST_LETTERS:
        return _("Falta tu respuesta.")
    if len(text) > MOST_LETTERS:
        return _("Son %(count)s letras; caben %(most)s.") % {
            "count": figures.number(len(text)), "most": figures.number(MOST_LETTERS),
        }  # fmt: skip
    return ""
