"""The two calls as their institutions would write them. The facts are public; the texts are examples."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cauce.calls.models import CallKind, ListRule
from cauce.calls.rules.aftermath import Aftermath

ZONE = ZoneInfo("America/Mexico_City")
DRIVE, RESIDENCY = "JR24", "RM24"
# What the text of the rules says of inconformities; the clocks of offers are the demo's own.
AFTERMATH = Aftermath(claim_days=3, answer_hours=48, hold_hours=24, may_upgrade=True)


def at(
    month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, *, year: int = 2024
) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=ZONE)


# The story of the demo, in order: what is loaded, drafted and published before today.
INSTALLED = at(12, 18, 9, year=2023)
DRAFTED = at(1, 3, 10)
PUBLISHED = {RESIDENCY: at(1, 5, 10), DRIVE: at(2, 8, 12)}
TODAY = at(2, 14, 10)


@dataclass(frozen=True, slots=True)
class Entry:
    """A date of the calendar, with the wording of the document it comes from."""

    label: str
    starts_at: datetime
    ends_at: datetime | None = None
    as_written: str = ""


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call before it is a row; ``fields`` are those of the model."""

    code: str
    institution: str
    seed: str
    fields: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)


def _criterion(
    key: str, label: str, decimals: int, bounds: tuple[str, str], *, declared: bool
) -> dict[str, Any]:
    low, high = bounds
    return {
        "key": key,
        "label": label,
        "decimals": decimals,
        "minimum": low,
        "maximum": high,
        "declared": declared,
    }


_DRIVE_RULES = """\
Texto de ejemplo para la demostración, escrito a partir del boletín 066/2024 del IMSS.

Quién puede postularse. Médicas y médicos especialistas con diploma de su especialidad, en particular quienes terminan su residencia en 2024. La postulación es gratuita y personal.

Qué se ofrece. Plazas de base (02) y de sustitución (08) en hospitales de los 23 estados donde opera IMSS-Bienestar. Son prioritarias anestesiología, cirugía general, ginecología y obstetricia, medicina interna y pediatría; también se incluyen otras diez especialidades.

Cómo se elige. Cada persona ordena las plazas de su especialidad, de la que más quiere a la que menos. No hay máximo de opciones: como el turno se da por mérito, nadie pierde por pedir primero lo que de verdad prefiere ni por pedir muchas. Se puede cambiar y volver a enviar hasta el cierre; cuenta el último envío.

Cómo se asigna. Por orden de calificación de egreso; si hay empate, por meses de servicio en zonas de alta o muy alta marginación; si el empate sigue, por sorteo. El sorteo está sellado desde la publicación y se revela al asignar. En su turno, a cada persona le toca la primera plaza de su lista que siga libre.

Qué se declara. La calificación de egreso, de 60 a 100 con dos decimales, y los meses de servicio. Lo declarado se coteja con los documentos antes de firmar: un dato falso anula la postulación.

Resultados e inconformidades. Los resultados se publican por folio, sin nombres. Quien no esté conforme tiene tres días hábiles para pedir que se revise su caso por escrito, en el contacto de esta convocatoria.
"""

_RESIDENCY_RULES = """\
Texto de ejemplo para la demostración. Sigue el orden general del ingreso a residencias en el IMSS; no sustituye a ninguna convocatoria.

Quién puede postularse. Quienes tienen constancia de selección del ENARM 2023 en una especialidad de entrada directa que se ofrece aquí.

Qué se ofrece. Lugares para el ciclo académico 2024-2025, que empieza el 1 de marzo de 2024, en unidades del IMSS con residentes.

Cómo se elige. Cada persona ordena todas las sedes de su especialidad. Si falta una, la lista no se puede enviar: así nadie queda fuera por una lista corta. Se puede cambiar y volver a enviar hasta el cierre; cuenta el último envío.

Cómo se asigna. Por puntaje del ENARM 2023; en empate, por aciertos en reactivos de alta dificultad; después, por promedio general de la licenciatura; si el empate sigue, por sorteo. El sorteo está sellado desde la publicación y se revela al asignar. En su turno, a cada persona le toca la primera sede de su lista que tenga lugar.

De dónde salen los datos. El puntaje y los aciertos los carga la institución a partir de la lista de personas seleccionadas; nadie los escribe a mano.

Resultados e inconformidades. Los resultados se publican por folio, sin nombres. Quien no esté conforme tiene tres días hábiles para pedir que se revise su caso por escrito, en el contacto de esta convocatoria. Los lugares que queden libres se ofrecen en un segundo periodo.
"""

# The states in the order in which the bulletin names them, on days that are ours: it gives none by state.
_ROUTE = (
    (13, "Baja California, Baja California Sur"),
    (14, "Campeche, Chiapas, Colima"),
    (15, "Guerrero, Hidalgo, Estado de México"),
    (16, "Michoacán, Morelos, Nayarit"),
    (19, "Oaxaca, Puebla, Quintana Roo"),
    (20, "San Luis Potosí, Sinaloa, Sonora"),
    (21, "Tabasco, Tamaulipas, Tlaxcala"),
    (22, "Veracruz, Zacatecas"),
)


def _drive() -> CallPlan:
    entries = [
        Entry(
            "Eventos en la Ciudad de México",
            at(2, 12, 9),
            at(2, 12, 18),
            "desde este martes 12 de febrero inició la jornada con diversos eventos en la Ciudad de México",
        ),
        *(Entry(f"Atención presencial: {states}", at(2, day, 9), at(2, day, 17)) for day, states in _ROUTE),
        Entry("Cierre del registro", at(2, 23, 23, 59, 59), None, "este proceso será hasta el 23 de febrero"),
    ]
    return CallPlan(
        code=DRIVE,
        institution="IMSS-BIENESTAR",
        seed="jr24-demo-" + "7c1f09b2e5a84d36" * 3,
        fields={
            "kind": CallKind.DRIVE,
            "title": "Jornada de Reclutamiento y Contratación de Médicos Especialistas 2024",
            "summary": "Plazas para especialistas en hospitales de los 23 estados donde opera IMSS-Bienestar. "
            "Dirigida a residentes recién egresados y a quienes ya ejercen su especialidad.",
            "issuing_authority": "Unidad de Administración y Finanzas de IMSS-Bienestar, con la Dirección General del IMSS",
            "legal_basis": "Constitución Política de los Estados Unidos Mexicanos, artículo 4.º; Ley General de Salud; "
            "decreto por el que se crea Servicios de Salud del IMSS para el Bienestar (DOF 31-08-2022).",
            "contact": "Amalia Ferrer Quintanar (persona inventada), 55 0000 0024, jornada@demo.cauce.example",
            "opens_at": at(2, 11),
            "closes_at": at(2, 23, 23, 59, 59),
            "results_at": at(3, 1, 12),
            "list_rule": ListRule.FREE,
            "max_choices": None,
            "score_criteria": [
                _criterion("exit_grade", "Calificación de egreso", 2, ("60", "100"), declared=True),
                _criterion(
                    "service_months",
                    "Meses de servicio en zonas de alta o muy alta marginación",
                    0,
                    ("0", "120"),
                    declared=True,
                ),
            ],
            "rules_text": _DRIVE_RULES,
        },
        entries=entries,
    )


def _residency() -> CallPlan:
    return CallPlan(
        code=RESIDENCY,
        institution="IMSS",
        seed="rm24-demo-" + "b90d63e1f7425ac8" * 3,
        fields={
            "kind": CallKind.RESIDENCY,
            "title": "Residencias médicas, ciclo académico 2024-2025",
            "summary": "Asignación de sede a quienes fueron seleccionados en el ENARM 2023 en especialidades de entrada directa.",
            "issuing_authority": "Coordinación de Educación en Salud, Dirección de Prestaciones Médicas del IMSS",
            "legal_basis": "Ley General de Salud, artículos 89 a 95; Ley Federal del Trabajo, artículos 353-A a 353-I; "
            "procedimiento 2510-003-018 del IMSS.",
            "contact": "Octavio Rentería Luján (persona inventada), 55 0000 0047, residencias@demo.cauce.example",
            "opens_at": at(1, 9, 9),
            "closes_at": at(2, 9, 18),
            "results_at": at(2, 16, 12),
            "aftermath": asdict(AFTERMATH),
            "list_rule": ListRule.COMPLETE,
            "max_choices": None,
            "score_criteria": [
                _criterion("enarm", "Puntaje del ENARM 2023", 3, ("0", "100"), declared=False),
                _criterion(
                    "hard_items", "Aciertos en reactivos de alta dificultad", 0, ("0", "280"), declared=False
                ),
                _criterion(
                    "grade_average", "Promedio general de la licenciatura", 2, ("6", "10"), declared=False
                ),
            ],
            "rules_text": _RESIDENCY_RULES,
        },
        entries=[
            Entry("Resultados por folio", at(2, 16, 12), None, "viernes 16 de febrero de 2024, 12:00 horas"),
            Entry("Inicio del ciclo académico", at(3, 1, 8), None, "viernes 1 de marzo de 2024"),
        ],
    )


def call_plans() -> tuple[CallPlan, CallPlan]:
    """Return the residency and the drive, in the order of their publication."""
    return _residency(), _drive()


def moment(random_share: float, begin: datetime, end: datetime) -> datetime:
    """Return the moment, to the second, at that share of the way from ``begin`` to ``end``."""
    return begin + timedelta(seconds=int(random_share * (end - begin).total_seconds()))
