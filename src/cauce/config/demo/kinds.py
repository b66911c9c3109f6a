"""Two calls of other kinds: zone and supervision teams in the middle of their interviews, and a manager's post at shortlist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from cauce.accounts.models import Person, User
from cauce.base.usecases import step
from cauce.calls.models import (
    Application,
    Call,
    CallKind,
    ContractKind,
    Interview,
    ListRule,
    Outcome,
    Panel,
    PanelMember,
    ProfileReview,
    Recusal,
    RecusalKind,
    Sheet,
    Shift,
    Team,
    TeamKind,
    TeamPlace,
    TeamRole,
    TeamUnit,
)
from cauce.calls.rules.managers import profile_value, read_profile
from cauce.calls.rules.panels import Rubric, read_rubric, sheet_digest, value_of
from cauce.config.demo.applications import Story
from cauce.config.demo.calls import CallPlan, Entry, at, moment
from cauce.config.demo.posts import Place, PostPlan

TEAMS, MANAGERS = "EZ24", "MS24"
PUBLISHED = {TEAMS: at(1, 19, 10), MANAGERS: at(1, 19, 11)}
TEAM_PEOPLE, MANAGER_PEOPLE = 300, 12
STATES = ("04", "07", "12", "16", "20", "21", "27", "30")
UNITS_OF_A_TEAM, LEFT_OUT = 2, 9
PANELLISTS = ("noemi@demo.cauce.example", "ruben@demo.cauce.example", "leonor@demo.cauce.example")
FIRST_DAY, MINUTES, SLOTS_A_DAY, DAYS = at(2, 12, 9), 30, 10, 6
FAMILY, PUBLIC, QUALITY = "medicina-familiar", "epidemiologia", "calidad-de-la-atencion-clinica"
# What each team has: role, specialty, places.
PLACES = (
    (TeamRole.COORDINATOR, QUALITY, 1),
    (TeamRole.MEDICAL, FAMILY, 2),
    (TeamRole.COMMUNITY, PUBLIC, 2),
    (TeamRole.PHARMACY, QUALITY, 1),
)

RUBRIC = Rubric(
    read_rubric(
        """\
Dirige equipos; 40
0: No da ningún ejemplo propio
1: Da un ejemplo, sin decir qué cambió
2: Da un ejemplo y dice qué cambió
3: Da varios, con lo que cambió y lo que salió mal
Conoce el territorio; 35
0: No distingue las unidades de la zona
1: Nombra las unidades y sus caminos
2: Dice qué le falta a cada unidad y por dónde empezaría
3: Lo dice con datos y con las comunidades
Resuelve con datos; 25
0: Propone sin mirar los datos que se le dan
1: Lee los datos y los describe
2: Decide con ellos y dice qué comprobaría después
"""
    ),
    "median", 3, "30", "second",
)  # fmt: skip

_TEAM_RULES = """\
Texto de ejemplo para la demostración; no sustituye a ninguna convocatoria.

Quién puede postularse. Personal médico con especialidad y al menos dos años de servicio en unidades del primer o segundo nivel. La postulación es gratuita y personal.

Qué se ofrece. Lugares en equipos zonales y de supervisión: coordinación, supervisión médica, acción comunitaria y abasto. Cada equipo tiene a su cargo las unidades que se publican en la página de cobertura.

Cómo se califica. Un jurado entrevista con la rúbrica que está en estas reglas. Cada integrante califica a solas; cuenta la hoja de en medio. Si dos hojas difieren más de treinta puntos, el jurado escribe por qué y ninguna cifra cambia. Quien tiene un conflicto de interés se excusa. Quien no se presenta tiene una segunda fecha.

Cómo se asigna. Por el valor de la entrevista; en empate, por años de servicio en zonas marginadas; si el empate sigue, por sorteo sellado desde la publicación. En su turno, a cada persona le toca la primera plaza de su lista que siga libre.

Resultados e inconformidades. Se publican por folio, sin nombres. Cada persona lee entonces sus hojas, nivel por nivel. Quien no esté conforme tiene tres días hábiles para pedir por escrito que se revise su caso.
"""

_MANAGER_RULES = """\
Texto de ejemplo para la demostración; no sustituye a ninguna convocatoria.

Quién puede postularse. Personal médico que cumpla los requisitos indispensables del perfil que está en estas reglas. La postulación es gratuita y personal.

Qué se ofrece. La dirección de un hospital general. Es un puesto de confianza.

Cómo se forma la terna. La institución revisa el perfil de cada persona con sus documentos. Entre quienes cumplen lo indispensable, el orden es el del perfil; en empate, los años de servicio en zonas marginadas; si sigue, el sorteo sellado desde la publicación. Las tres primeras personas son la terna. Si alguna declina, dice por qué y entra la siguiente.

Cómo se nombra. La autoridad elige a una persona de la terna y dice por qué a ella y no a las otras. Otra persona firma. El nombramiento se publica con sus razones, por folio. No es una asignación: nadie lo calcula.

Inconformidades. Quien no esté conforme tiene tres días hábiles para pedir por escrito que se revise su caso.
"""

_PROFILE = """\
Título y cédula profesional de una especialidad; sí
Cinco años de servicio en hospitales públicos; sí
Tres años dirigiendo un servicio o un hospital; 20
Maestría en salud pública o administración de hospitales; 10
Lengua indígena de la región; 10
"""


def _criterion(key: str, label: str, maximum: str, source: str = "") -> dict[str, Any]:
    return {
        "key": key, "label": label, "decimals": 2 if source else 0, "minimum": "0", "maximum": maximum,
        "declared": not source, **({"source": source} if source else {}),
    }  # fmt: skip


_YEARS = _criterion("rural_years", "Años de servicio en zonas de alta marginación", "40")


def kind_plans() -> list[CallPlan]:
    """Both calls before they are rows."""
    shared: dict[str, Any] = {
        "issuing_authority": "IMSS-Bienestar, Unidad de Recursos Humanos (ejemplo)",
        "legal_basis": "Ley General de Salud, artículo 77 bis 35. Ejemplo para la demostración.",
        "contact": "Mesa de ayuda de la demostración, 55 0000 0000",
        "opens_at": at(1, 22, 9), "closes_at": at(2, 5, 18), "results_at": at(2, 28, 12), "list_rule": ListRule.FREE,
    }  # fmt: skip
    entry = Entry("Entrevistas", FIRST_DAY, at(2, 19, 18), "")
    return [
        CallPlan(
            TEAMS, "IMSS-BIENESTAR", "ez24-demo-" + "7c51e0a94d3b2f68" * 4,
            {
                **shared, "kind": CallKind.TEAMS, "title": "Equipos zonales y de supervisión 2024",
                "summary": "Equipos a cargo de las unidades de ocho estados; se entra por entrevista con rúbrica.",
                "score_criteria": [_criterion("interview", "Entrevista", "100", "panel"), _YEARS],
                "rubric": RUBRIC.document(), "rules_text": _TEAM_RULES,
            },
            [entry],
        ),
        CallPlan(
            MANAGERS, "IMSS-BIENESTAR", "ms24-demo-" + "b8260f9ad41c7e53" * 4,
            {
                **shared, "kind": CallKind.MANAGERS, "title": "Dirección de un hospital general 2024",
                "summary": "Un puesto de confianza: perfil, terna y nombramiento con razones publicadas.",
                "score_criteria": [_criterion("profile", "Perfil", "40", "profile"), _YEARS],
                "profile": read_profile(_PROFILE), "rules_text": _MANAGER_RULES,
            },
        ),
    ]  # fmt: skip


# --------------------------------------------------------------------- teams


@dataclass(frozen=True, slots=True)
class Zone:
    """The units of one team; ``key`` begins with the state's."""

    key: str
    name: str
    units: tuple[Place, ...]


def zones(places: Sequence[Place]) -> list[Zone]:
    """Zones of a few neighbouring units in each state; every ninth unit is left without one, to be seen as a gap."""
    of: defaultdict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda one: (one.state, one.municipality, one.name)):
        if place.institution == "IMSS-BIENESTAR" and place.state in STATES:
            of[place.state].append(place)
    found = []
    for state, units in sorted(of.items()):
        kept = [unit for number, unit in enumerate(units, 1) if number % LEFT_OUT]
        for number, first in enumerate(range(0, len(kept), UNITS_OF_A_TEAM), 1):
            some = tuple(kept[first : first + UNITS_OF_A_TEAM])
            found.append(Zone(f"{state}-Z{number:02d}", f"Zona {some[0].municipality}", some))
    return found


def team_posts(zones_: Sequence[Zone]) -> list[PostPlan]:
    return [
        PostPlan(
            key=f"{zone.key}-{number}", place=zone.units[0], specialty=specialty, seats=seats, appeal=0.0,
            shift=Shift.FULL, contract=ContractKind.PERMANENT, monthly_pay=Decimal("34500.00"), has_transport=True,
        )
        for zone in zones_
        for number, (_role, specialty, seats) in enumerate(PLACES, 1)
    ]  # fmt: skip


def manager_posts(zones_: Sequence[Zone]) -> list[PostPlan]:
    place = next(zone.units[0] for zone in zones_ if zone.key.startswith("20"))
    return [
        PostPlan(
            key="20-DIR-01", place=place, specialty=QUALITY, seats=1, appeal=0.0, contract=ContractKind.PERMANENT,
            monthly_pay=Decimal("61800.00"),
        )
    ]  # fmt: skip


@step
def draft_teams(call: Call, zones_: Sequence[Zone]) -> None:
    """Create the teams of the call with their units and places."""
    call.teams.all().delete()
    made = Team.objects.bulk_create(
        Team(
            call=call, key=zone.key, name=f"Equipo zonal {zone.units[0].municipality}", kind=TeamKind.ZONE,
            state_id=zone.units[0].state, zone=zone.name,
        )
        for zone in zones_
    )  # fmt: skip
    TeamUnit.objects.bulk_create(
        TeamUnit(team=team, site_id=unit.id)
        for team, zone in zip(made, zones_, strict=True)
        for unit in zone.units
    )
    posts = dict(call.posts.values_list("key", "pk"))
    TeamPlace.objects.bulk_create(
        TeamPlace(team=team, post_id=posts[f"{zone.key}-{number}"], role=role)
        for team, zone in zip(made, zones_, strict=True)
        for number, (role, _specialty, _seats) in enumerate(PLACES, 1)
    )


def team_stories(
    people: Sequence[Person], posts: Sequence[PostPlan], numbers: Iterator[int], random: Random
) -> list[Story]:
    of: defaultdict[str, list[str]] = defaultdict(list)
    for post in posts:
        of[post.specialty].append(post.key)
    stories = []
    for person in people:
        specialty = random.choice((FAMILY, FAMILY, PUBLIC, QUALITY))
        wishes = tuple(random.sample(of[specialty], min(len(of[specialty]), random.randint(2, 6))))
        stories.append(_story(person, specialty, wishes, next(numbers), random))
    return stories


def manager_stories(
    people: Sequence[Person], posts: Sequence[PostPlan], numbers: Iterator[int], random: Random
) -> list[Story]:
    return [_story(person, QUALITY, (posts[0].key,), next(numbers), random) for person in people]


def _story(person: Person, specialty: str, wishes: tuple[str, ...], number: int, random: Random) -> Story:
    opens, closes = at(1, 22, 9), at(2, 5, 18)
    sent_at = moment(random.random(), opens + timedelta(hours=2), closes)
    started_at = moment(random.random() * 0.9, opens, sent_at)
    return Story(person, number, specialty, ["", str(random.randint(0, 18))], (wishes,), started_at, sent_at)


# ------------------------------------------------------------------ interviews


@step
def hold_interviews(call: Call, people: Sequence[Application], random: Random, *, now: datetime) -> None:
    """Give the first sixty an appointment; those of the days before today are held, but for what waits for somebody."""
    judges = sorted(User.objects.filter(email__in=PANELLISTS), key=lambda one: PANELLISTS.index(one.email))
    panel = Panel.objects.create(call=call, name="Jurado de zonas del sur")
    PanelMember.objects.bulk_create(PanelMember(panel=panel, user=judge) for judge in judges)
    called = sorted(people, key=lambda one: one.folio)[: SLOTS_A_DAY * DAYS]
    interviews = Interview.objects.bulk_create(
        Interview(
            panel=panel, application=one, starts_at=_slot(number), minutes=MINUTES, is_remote=number % 4 == 0,
            place="https://sala.cauce.example/jurado-sur" if number % 4 == 0 else "Sala 3, oficinas de la demostración",
        )
        for number, one in enumerate(called)
    )  # fmt: skip
    past = [one for one in interviews if one.starts_at + timedelta(minutes=MINUTES) < now]
    # The last of them wait: one for a reconciliation, two for Noemí's sheet, one recused by Leonor.
    apart, recused, *late = past[-4:]
    for one in past[:-4]:
        _held(call, one, judges, random)
    _sheets(call, apart, judges, [3, 3, 0])
    Recusal.objects.create(
        user=judges[2],
        application=recused.application,
        kind=RecusalKind.STUDIES,
        declared_at=recused.starts_at,
    )
    _sheets(call, recused, judges[1:2], [2])
    for one in late:
        _sheets(call, one, judges[1:], [2, 1])


def _slot(number: int) -> datetime:
    day, at_ = divmod(number, SLOTS_A_DAY)
    return FIRST_DAY + timedelta(days=day + (2 if day > 4 else 0), minutes=MINUTES * at_)


def _held(call: Call, one: Interview, judges: Sequence[User], random: Random) -> None:
    level = random.choice((1, 1, 2, 2, 2, 3))
    totals = _sheets(call, one, judges, [level, level, max(level - random.randint(0, 1), 0)])
    value = value_of(RUBRIC, totals, call.score_criteria[0])
    one.outcome, one.value, one.closed_at = (
        Outcome.HELD,
        value,
        one.starts_at + timedelta(minutes=MINUTES + 10),
    )
    spread = max(totals) - min(totals)
    if spread * 100 > 30 * RUBRIC.most:
        one.reconciliation = (
            "Una hoja dio menos nivel porque un ejemplo no era propio; se comentó y cada quien lo mantuvo."
        )
        one.reconciled_by = judges[0]
    one.save()
    application = one.application
    application.merit = [value, application.merit[1]]
    application.save(update_fields=["merit"])


def _sheets(call: Call, one: Interview, judges: Sequence[User], levels: Sequence[int]) -> list[int]:
    made = []
    for judge, level in zip(judges, levels, strict=True):
        kept = {asked.key: min(level, asked.most) for asked in RUBRIC.asked}
        words = "Contestó con casos de su unidad."
        sealed_at = one.starts_at + timedelta(minutes=MINUTES)
        digest = sheet_digest(one.application.folio, judge.pk, kept, words, call.rules_digest)
        made.append(
            Sheet(
                interview=one, panellist=judge, levels=kept, note=words, saved_at=sealed_at, sealed_at=sealed_at,
                total=RUBRIC.total(kept), digest=digest,
            )
        )  # fmt: skip
    Sheet.objects.bulk_create(made)
    return [sheet.total or 0 for sheet in made]


@step
def review_profiles(call: Call, people: Sequence[Application], random: Random) -> None:
    """Record which requirements each applicant meets, and the value that follows."""
    reviewer = User.objects.get(email="carla@demo.cauce.example")
    reviews = []
    for number, one in enumerate(people):
        must = ["r1", "r2"] if number % 5 else ["r1"]
        met = sorted([*must, *(key for key in ("r3", "r4", "r5") if random.random() < 0.5)])
        reviews.append(
            ProfileReview(
                application=one,
                met=met,
                note="Documentos vistos en original.",
                reviewed_by=reviewer,
                reviewed_at=at(2, 8, 12),
            )
        )
        one.merit = [profile_value(call.profile, met, call.score_criteria[0]), one.merit[1]]
    ProfileReview.objects.bulk_create(reviews)
    Application.objects.bulk_update(people, ["merit"])
