"""Texts of letters that go to applicants of a call, by name and version, and when reminders are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from cauce.notices.rules import Template

_CENTRE = ZoneInfo("America/Mexico_City")
WEEKLY = "weekly"
WEEKLY_AT = time(9)
# A weekly letter that could not be written in time waits for the next week.
WEEKLY_PATIENCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Step:
    """A reminder before closing; ``code`` names it in keys and in the audit."""

    code: str
    before: timedelta


STEPS = (
    Step("7d", timedelta(days=7)),
    Step("2d", timedelta(days=2)),
    Step("1d", timedelta(days=1)),
    Step("3h", timedelta(hours=3)),
)

REMINDER = Template(
    code="calls.reminder",
    version=1,
    purpose=_("Recordatorio antes del cierre, a quien no ha enviado su lista"),
    title=gettext_noop("Tu lista no está enviada: %(call)s cierra el %(closes)s"),
    body=gettext_noop(
        "Empezaste la solicitud %(folio)s y tu lista no está enviada. Tiene %(count)s. "
        "La convocatoria cierra el %(closes_both)s. Si no la envías antes, no participas. "
        "Puedes enviarla hoy y cambiarla hasta el cierre.\n\n"
        "¿No quieres recordatorios? Se quitan en Mis avisos. Lo que se decida sobre ti te llega igual."
    ),
    is_reminder=True,
)
REMINDER_CHANGED = Template(
    code="calls.reminder_changed",
    version=1,
    purpose=_("Recordatorio antes del cierre, a quien cambió su lista y no la envió otra vez"),
    title=gettext_noop("Cambiaste tu lista y vale la anterior: %(call)s cierra el %(closes)s"),
    body=gettext_noop(
        "En la solicitud %(folio)s guardaste cambios que no has enviado. Mientras no la envíes, vale la lista que "
        "enviaste antes. La convocatoria cierra el %(closes_both)s.\n\n"
        "¿No quieres recordatorios? Se quitan en Mis avisos. Lo que se decida sobre ti te llega igual."
    ),
    is_reminder=True,
)
STANDING = Template(
    code="calls.standing",
    version=1,
    purpose=_("Cómo vas, cada semana, a quien no ha enviado su lista"),
    title=gettext_noop("Cómo vas en %(call)s"),
    body=gettext_noop(
        "Tu solicitud %(folio)s está empezada y sin enviar. Tu lista tiene %(count)s. Van %(sent)s solicitudes enviadas "
        "para %(seats)s lugares. La convocatoria cierra el %(closes_both)s. No tienes que decidir hoy.\n\n"
        "¿No quieres recordatorios? Se quitan en Mis avisos. Lo que se decida sobre ti te llega igual."
    ),
    is_reminder=True,
)
LETTERS = (REMINDER, REMINDER_CHANGED, STANDING)


def due_step(*, opens_at: datetime, closes_at: datetime, now: datetime) -> Step | None:
    """Return the reminder whose moment has come: the nearest to closing, after a pause only that one.

    None before the first, none at or after closing, and none whose moment lies before opening.
    """
    if not opens_at <= now < closes_at:
        return None
    due = [step for step in STEPS if opens_at <= closes_at - step.before <= now]
    return min(due, key=lambda step: step.before, default=None)


def due_week(*, opens_at: datetime, closes_at: datetime, now: datetime) -> str:
    """Return the code of the weekly letter that is due, "" for none: Mondays at nine in Mexico City.

    None in the first days after opening nor in the last week, when reminders speak.
    """
    today = now.astimezone(_CENTRE)
    monday = today.date() - timedelta(days=today.weekday())
    moment = datetime.combine(monday, WEEKLY_AT, _CENTRE)
    is_due = moment <= now < moment + WEEKLY_PATIENCE
    if not is_due or moment - opens_at < timedelta(days=2) or closes_at - moment <= STEPS[0].before:
        return ""
    return f"{WEEKLY}-{monday:%Y%m%d}"
