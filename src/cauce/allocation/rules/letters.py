"""What the letters about results, rounds, live choices, claims and audits say, by name and version."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from cauce.base.texts import When
from cauce.notices.rules import Template

RESULT = Template(
    code="allocation.result",
    version=1,
    purpose=_("Resultado publicado"),
    title=gettext_noop("Ya está tu resultado: %(call)s"),
    body=(
        gettext_noop(
            "Se publicaron los resultados de %(title)s. Tu folio es %(folio)s: "
            "entra para ver qué te tocó, por qué, y cómo comprobarlo."
        ),
    ),
)
FINAL_LIST = Template(
    code="allocation.final_list",
    version=1,
    purpose=_("Lista definitiva publicada"),
    title=gettext_noop("Ya está la lista definitiva: %(call)s"),
    body=(
        gettext_noop("Se publicó la lista definitiva de %(call)s."),
        gettext_noop("Tu folio es %(folio)s: entra para ver si algo cambió para ti."),
    ),
)
UNDONE = Template(
    code="allocation.undone",
    version=1,
    purpose=_("Una publicación se deshizo"),
    title=gettext_noop("Se deshizo una publicación: %(call)s"),
    body=(
        gettext_noop(
            "Se deshizo lo último que se publicó de %(call)s. Motivo: %(reason)s No tienes que volver a escribir nada: "
            "lo que tenías antes vuelve solo."
        ),
        gettext_noop("Tu folio es %(folio)s."),
    ),
)
OFFER = Template(
    code="allocation.offer",
    version=1,
    purpose=_("Oferta que espera respuesta"),
    title=gettext_noop("Tienes una oferta: %(call)s"),
    body=(
        gettext_noop("Tu oferta está firmada y empieza el %(starts)s. Respóndela a más tardar el %(when)s."),
    ),
)
MOVED = Template(
    code="allocation.moved",
    version=1,
    purpose=_("Cambio a una plaza preferida que se liberó"),
    title=gettext_noop("Cambiaste a una plaza que preferías: %(call)s"),
    body=(
        gettext_noop(
            "Se liberó una opción que preferías y, como pediste, se te cambió a ella. Empieza el %(starts)s."
        ),
    ),
)
LAPSED = Template(
    code="allocation.lapsed",
    version=1,
    purpose=_("Terminó el plazo de una oferta sin respuesta"),
    title=gettext_noop("Terminó el plazo de tu oferta: %(call)s"),
    body=(
        When(
            "is_accepted",
            gettext_noop(
                "No hubo respuesta a tiempo; según las reglas de la convocatoria, la oferta quedó aceptada."
            ),
        ),
        When(
            "is_lost",
            gettext_noop(
                "No hubo respuesta a tiempo; según las reglas de la convocatoria, el lugar pasa a la siguiente ronda."
            ),
        ),
    ),
)
SUMMONS = Template(
    code="allocation.summons",
    version=1,
    purpose=_("Cita y lugar en el orden de una elección en vivo"),
    title=gettext_noop("Tu turno para elegir: %(call)s"),
    body=(
        gettext_noop("Tu folio es %(folio)s y tu lugar en el orden de mérito es el %(place)s."),
        When("when", gettext_noop("Tu cita: %(when)s.")),
        When(
            "is_online",
            gettext_noop("Se elige en línea; tu turno llega cuando hayan elegido quienes van antes."),
        ),
        gettext_noop(
            "Si no estás o se acaba el tiempo, actúa la lista que enviaste: te toca su primera plaza con lugar."
        ),
    ),
)
NEAR = Template(
    code="allocation.live_near",
    version=1,
    purpose=_("Recordatorio de que un turno de la elección en vivo está cerca"),
    title=gettext_noop("Tu turno está cerca: %(call)s"),
    body=(
        gettext_noop("%(ahead)s Tu folio es %(folio)s. Ten abierta la página de tu turno: ahí eliges."),
        When("appointment", gettext_noop("Tu reloj no empieza antes de tu cita: %(appointment)s.")),
        gettext_noop(
            "Si no estás o se acaba el tiempo, actúa la lista que enviaste: te toca su primera plaza con lugar."
        ),
        gettext_noop(
            "¿No quieres recordatorios? Se quitan en Mis avisos. Lo que se decida sobre ti te llega igual."
        ),
    ),
    is_reminder=True,
)
CLAIM_LODGED = Template(
    code="allocation.claim_lodged",
    version=1,
    purpose=_("Acuse de una inconformidad"),
    title=gettext_noop("Recibimos tu inconformidad: %(receipt)s"),
    body=(
        gettext_noop(
            "Tu inconformidad tiene el número %(receipt)s. La deciden dos personas, y aquí mismo verás en qué va."
        ),
    ),
)
CLAIM_DECIDED = Template(
    code="allocation.claim_decided",
    version=1,
    purpose=_("Decisión de una inconformidad"),
    title=gettext_noop("Se decidió tu inconformidad: %(receipt)s"),
    body=(
        When(
            "upholds",
            gettext_noop(
                "Tu inconformidad %(receipt)s procede. Lo que te corresponde se calcula y se publica con la siguiente "
                "lista o ronda."
            ),
        ),
        When(
            "rejects",
            gettext_noop("Tu inconformidad %(receipt)s no procede. Ahí puedes leer por qué."),
        ),
    ),
)
SECOND_SIGNATURE = Template(
    code="allocation.second_signature",
    version=1,
    purpose=_("Una corrida espera la segunda firma"),
    title=gettext_noop("Una corrida espera tu firma: %(call)s"),
    body=(
        gettext_noop(
            "La corrida %(number)s de %(title)s está certificada y tiene una firma. "
            "Para publicarla falta la de otra persona: revisa el certificado y la huella antes de firmar."
        ),
    ),
)
RELEASE_WAITS = Template(
    code="allocation.release_waits",
    version=1,
    purpose=_("Una publicación espera que otra persona la confirme"),
    title=gettext_noop("Una publicación espera que la confirmes: %(call)s"),
    body=(
        gettext_noop(
            "Se propuso: %(kind)s, de %(title)s. Revisa a quién favorece y a quién perjudica antes de confirmar."
        ),
    ),
)
PACKAGE_WAITS = Template(
    code="allocation.package_waits",
    version=1,
    purpose=_("Un paquete espera la revisión de datos personales"),
    title=gettext_noop("Un paquete espera tu revisión: %(call)s"),
    body=(
        gettext_noop(
            "La corrida %(number)s de %(title)s está por publicarse. Antes, alguien de la unidad de datos personales lee "
            "a quién distingue su paquete y decide si se publica."
        ),
    ),
)
PACKAGE_DECIDED = Template(
    code="allocation.package_decided",
    version=1,
    purpose=_("Decisión de la unidad de datos personales sobre un paquete"),
    title=gettext_noop("Se revisó el paquete: %(call)s"),
    body=(
        When(
            "is_yes", gettext_noop("Ya se puede publicar el paquete de la corrida %(number)s de %(title)s.")
        ),
        When(
            "is_no",
            gettext_noop(
                "El paquete de la corrida %(number)s de %(title)s no se publica así: el motivo está en su revisión."
            ),
        ),
    ),
)
TOLD_APART = Template(
    code="allocation.told_apart",
    version=1,
    purpose=_("Un folio podría reconocerse en los resultados"),
    title=gettext_noop("Tu folio podría reconocerse: %(call)s"),
    body=(
        gettext_noop(
            "Los resultados de %(title)s se publican por folio, sin nombres, con un paquete que cualquiera puede "
            "comprobar. Trae los puntajes y la lista de cada folio."
        ),
        gettext_noop(
            "Por la especialidad y el estado que pediste, o por la plaza que resulte, no hay otra persona como tú: "
            "quien te conozca podría deducir que %(folio)s es tu folio."
        ),
        gettext_noop(
            "Si no estás de acuerdo, puedes ejercer tus derechos ante la unidad de datos personales."
        ),
    ),
)
FINDING_WRITTEN = Template(
    code="allocation.finding_written",
    version=1,
    purpose=_("Auditoría: un hallazgo nuevo"),
    title=gettext_noop("Hallazgo %(number)s de auditoría: %(call)s"),
    body=(
        gettext_noop(
            "La auditoría escribió el hallazgo %(number)s de %(call)s. Tiene plazo para contestarse."
        ),
    ),
)
FINDING_ANSWERED = Template(
    code="allocation.finding_answered",
    version=1,
    purpose=_("Auditoría: respuesta a un hallazgo"),
    title=gettext_noop("Contestaron el hallazgo %(number)s: %(call)s"),
    body=(gettext_noop("La institución contestó el hallazgo %(number)s de %(call)s."),),
)
FINDING_SETTLED = Template(
    code="allocation.finding_settled",
    version=1,
    purpose=_("Auditoría: un hallazgo resuelto"),
    title=gettext_noop("Se resolvió el hallazgo %(number)s: %(call)s"),
    body=(gettext_noop("La auditoría resolvió el hallazgo %(number)s de %(call)s y escribió por qué."),),
)
OPINION = Template(
    code="allocation.opinion",
    version=1,
    purpose=_("Auditoría: dictamen publicado"),
    title=gettext_noop("Se publicó el dictamen de auditoría: %(call)s"),
    body=(gettext_noop("Está en la página de auditoría y en la de resultados."),),
)
LETTERS = (
    RESULT, FINAL_LIST, UNDONE, OFFER, MOVED, LAPSED, SUMMONS, NEAR, CLAIM_LODGED, CLAIM_DECIDED, SECOND_SIGNATURE,
    RELEASE_WAITS, PACKAGE_WAITS, PACKAGE_DECIDED, TOLD_APART, FINDING_WRITTEN, FINDING_ANSWERED, FINDING_SETTLED, OPINION,
)  # fmt: skip
