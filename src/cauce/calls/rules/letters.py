"""What the letters about a call say, by name and version, and when its reminders are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from cauce.base.texts import When
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

_NO_REMINDERS = gettext_noop(
    "¿No quieres recordatorios? Se quitan en Mis avisos. Lo que se decida sobre ti te llega igual."
)
REMINDER = Template(
    code="calls.reminder",
    version=1,
    purpose=_("Recordatorio antes del cierre, a quien no ha enviado su lista"),
    title=gettext_noop("Tu lista no está enviada: %(call)s cierra el %(closes)s"),
    body=(
        gettext_noop(
            "Empezaste la solicitud %(folio)s y tu lista no está enviada. Tiene %(count)s. "
            "La convocatoria cierra el %(closes_both)s. Si no la envías antes, no participas. "
            "Puedes enviarla hoy y cambiarla hasta el cierre."
        ),
        _NO_REMINDERS,
    ),
    is_reminder=True,
)
REMINDER_CHANGED = Template(
    code="calls.reminder_changed",
    version=1,
    purpose=_("Recordatorio antes del cierre, a quien cambió su lista y no la envió otra vez"),
    title=gettext_noop("Cambiaste tu lista y vale la anterior: %(call)s cierra el %(closes)s"),
    body=(
        gettext_noop(
            "En la solicitud %(folio)s guardaste cambios que no has enviado. Mientras no la envíes, vale la lista que "
            "enviaste antes. La convocatoria cierra el %(closes_both)s."
        ),
        _NO_REMINDERS,
    ),
    is_reminder=True,
)
STANDING = Template(
    code="calls.standing",
    version=1,
    purpose=_("Cómo vas, cada semana, a quien no ha enviado su lista"),
    title=gettext_noop("Cómo vas en %(call)s"),
    body=(
        gettext_noop(
            "Tu solicitud %(folio)s está empezada y sin enviar. Tu lista tiene %(count)s. Van %(sent)s solicitudes enviadas "
            "para %(seats)s lugares. La convocatoria cierra el %(closes_both)s. No tienes que decidir hoy."
        ),
        _NO_REMINDERS,
    ),
    is_reminder=True,
)
SENT = Template(
    code="calls.sent",
    version=1,
    purpose=_("Comprobante de una lista enviada"),
    title=gettext_noop("Recibimos tu lista: %(folio)s"),
    body=(
        gettext_noop(
            "Envío del %(when)s, versión %(version)s, con %(count)s opciones. Comprobante %(receipt)s. "
            "Huella: %(digest)s. Puedes cambiarla y enviarla otra vez hasta el %(closes)s."
        ),
    ),
)
WITHDRAWN = Template(
    code="calls.withdrawn",
    version=1,
    purpose=_("Comprobante de una solicitud retirada"),
    title=gettext_noop("Retiraste tu solicitud %(folio)s"),
    body=(
        gettext_noop(
            "Tu solicitud a %(call)s ya no participa en la asignación. Puedes reactivarla hasta el %(when)s."
        ),
    ),
)
RESTORED = Template(
    code="calls.restored",
    version=1,
    purpose=_("Comprobante de una solicitud reactivada"),
    title=gettext_noop("Reactivaste tu solicitud %(folio)s"),
    body=("%(counts)s",),
)
FILED = Template(
    code="calls.filed",
    version=1,
    purpose=_("A quien la institución le cargó una solicitud en papel"),
    title=gettext_noop("Se cargó tu solicitud en papel: %(folio)s"),
    body=(
        gettext_noop(
            "La institución cargó el %(when)s la solicitud en papel que entregaste a %(call)s, con %(count)s "
            "opciones. Comprobante %(receipt)s. Huella: %(digest)s."
        ),
        When("is_open", gettext_noop("Puedes cambiarla y enviarla otra vez hasta el %(closes)s.")),
        gettext_noop("Si no la entregaste tú, dilo cuanto antes: %(contact)s."),
    ),
)
TAKEN_OVER = Template(
    code="calls.taken_over",
    version=1,
    purpose=_("A quien reunió su solicitud en papel con su cuenta"),
    title=gettext_noop("Tu solicitud en papel ya está en tu cuenta: %(folio)s"),
    body=(
        gettext_noop(
            "Desde hoy ves en tu cuenta la solicitud %(folio)s de %(call)s, con las opciones que entregaste en "
            "papel. Si algo no es como lo escribiste, o no fuiste tú, dilo cuanto antes: %(contact)s."
        ),
    ),
)
ADDENDUM = Template(
    code="calls.addendum",
    version=1,
    purpose=_("Adenda, a quienes tienen solicitud"),
    title=gettext_noop("Cambió la convocatoria %(code)s: adenda %(number)s"),
    body=(
        gettext_noop("%(title)s tiene una adenda. Dice:"),
        "%(text)s",
        When("moment", gettext_noop("El cierre pasa al %(moment)s.")),
        When(
            "is_sent",
            gettext_noop(
                "La lista que enviaste sigue valiendo. Si la cambias, al enviarla aceptas la nueva versión."
            ),
        ),
        When("is_unsent", gettext_noop("Al enviar tu lista aceptas la nueva versión de las reglas.")),
    ),
)
_LINES = ("%(lines)s", When("remark", "%(remark)s"))
REVIEW_ACCEPTED = Template(
    code="calls.review_accepted",
    version=1,
    purpose=_("Documentos revisados: todos sirven"),
    title=gettext_noop("Tu expediente está completo: %(folio)s"),
    body=(
        gettext_noop("Revisamos tus documentos y todos sirven. No tienes que hacer nada más con ellos."),
        When("remark", "%(remark)s"),
    ),
)
REVIEW_OBSERVED = Template(
    code="calls.review_observed",
    version=1,
    purpose=_("Documentos revisados: hay algo que corregir"),
    title=gettext_noop("Hay algo que corregir en tu expediente: %(folio)s"),
    body=(*_LINES, gettext_noop("Puedes corregirlo hasta el %(when)s.")),
)
REVIEW_EXCLUDED = Template(
    code="calls.review_excluded",
    version=1,
    purpose=_("Documentos revisados: el expediente quedó excluido"),
    title=gettext_noop("Tu expediente quedó excluido: %(folio)s"),
    body=(
        *_LINES,
        gettext_noop("Lo decidieron dos personas. Si no estás conforme, dilo por escrito a: %(contact)s."),
    ),
)
SECOND_LOOK = Template(
    code="calls.second_look",
    version=1,
    purpose=_("Aviso de que algo de un puntaje se va a revisar"),
    title=gettext_noop("Algo de tu puntaje se va a revisar: %(call)s"),
    body=(
        gettext_noop(
            "Una persona va a mirar algo de tu solicitud %(folio)s. No te excluye ni cambia tu puntaje. "
            "Entra para leer qué se vio. Si quieres, contesta y añade un archivo: tienes por lo menos hasta el %(moment)s."
        ),
    ),
)
SECOND_LOOK_OVER = Template(
    code="calls.second_look_over",
    version=1,
    purpose=_("Qué resultó de revisar un puntaje"),
    title=gettext_noop("Terminó la revisión de tu puntaje: %(folio)s"),
    body=(
        When(
            "is_cleared",
            gettext_noop(
                "No hay nada que corregir: tu puntaje sigue igual. Entra para leer qué se encontró."
            ),
        ),
        When(
            "is_passed_on",
            gettext_noop(
                "El asunto se turnó a quien puede corregirlo. Tu puntaje sigue igual mientras tanto. "
                "Entra para leer qué se encontró y por qué."
            ),
        ),
    ),
)
INTERVIEW = Template(
    code="calls.interview",
    version=1,
    purpose=_("Cita de una entrevista"),
    title=gettext_noop("Tu entrevista: %(when)s"),
    body=(
        gettext_noop("Tienes entrevista para %(title)s el %(moment)s. Dura %(minutes)s minutos."),
        When("is_remote", gettext_noop("Es a distancia: %(place)s.")),
        When("is_there", gettext_noop("Es en %(place)s.")),
        gettext_noop(
            "Califica un jurado con una rúbrica publicada. Léela antes; verás sus hojas con los resultados."
        ),
    ),
)
SUBSTITUTE = Template(
    code="calls.substitute",
    version=1,
    purpose=_("A quien suple a un jurado en una entrevista"),
    title=gettext_noop("Suples a un jurado: %(when)s"),
    body=(
        gettext_noop(
            "Te toca calificar una entrevista de %(title)s el %(moment)s, en lugar de un jurado que se excusó. "
            "Dura %(minutes)s minutos."
        ),
        When("is_remote", gettext_noop("Es a distancia: %(place)s.")),
        When("is_there", gettext_noop("Es en %(place)s.")),
        gettext_noop(
            "Si conoces a la persona o tienes otro conflicto, excúsate en esa página antes de empezar."
        ),
    ),
)
SHORTLIST = Template(
    code="calls.shortlist",
    version=1,
    purpose=_("A quien está en una terna"),
    title=gettext_noop("Estás en la terna de %(title)s"),
    body=(
        gettext_noop(
            "Tu folio %(folio)s quedó entre los primeros del orden. Falta que la autoridad elija y publique "
            "sus razones. Si ya no quieres seguir, dilo por escrito a %(contact)s."
        ),
    ),
)
NOMINATED = Template(
    code="calls.nominated",
    version=1,
    purpose=_("A quien un instituto socio propone"),
    title=gettext_noop("%(acronym)s te propone para %(call)s"),
    body=(
        gettext_noop("%(institution)s te propone como aspirante a %(call)s."),
        gettext_noop(
            "Entra a Cauce, o regístrate, con el documento de identidad que diste en tu instituto: así se sabe que "
            "eres tú. En «Mi inicio» verás la propuesta y podrás aceptarla o no."
        ),
        gettext_noop("Si aceptas, ordena tus opciones y envía tu lista antes del %(when)s."),
        gettext_noop("Si no esperabas esta carta, no hagas nada o escribe a: %(contact)s."),
    ),
)
DRAW_DIFFERED = Template(
    code="calls.draw_differed",
    version=1,
    purpose=_("Sorteo: dos personas escribieron valores distintos"),
    title=gettext_noop("El valor del sorteo no coincide: %(title)s"),
    body=(
        gettext_noop(
            "Otra persona escribió un valor del sorteo distinto del tuyo. No se guardó ninguno. Lean otra vez dónde "
            "se publicó y escríbanlo de nuevo, cada quien por su lado."
        ),
    ),
)
LETTERS = (
    REMINDER, REMINDER_CHANGED, STANDING, SENT, WITHDRAWN, RESTORED, FILED, TAKEN_OVER, ADDENDUM, REVIEW_ACCEPTED,
    REVIEW_OBSERVED, REVIEW_EXCLUDED, SECOND_LOOK, SECOND_LOOK_OVER, INTERVIEW, SUBSTITUTE, SHORTLIST, NOMINATED,
    DRAW_DIFFERED,
)  # fmt: skip


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
