"""The posts of the two calls, made from the catalogue's sites. Pure and repeatable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from cauce.calls.models import ContractKind, Shift


@dataclass(frozen=True, slots=True)
class Place:
    """What the making of posts needs of a site. ``beds`` 0 when no source gives them."""

    id: int
    institution: str
    state: str
    municipality: str
    kind: str
    name: str
    care_level: int
    beds: int
    is_invented: bool


@dataclass(frozen=True, slots=True)
class PostPlan:
    """A post before it is a row. ``appeal`` is how much people want it, around 0; it never leaves the demo."""

    key: str
    place: Place
    specialty: str
    seats: int
    appeal: float
    shift: Shift = Shift.FULL
    contract: ContractKind = ContractKind.TRAINING
    monthly_pay: Decimal | None = None
    isolation_percent: int = 0
    rural_percent: int = 0
    is_priority: bool = False
    has_housing: bool = False
    has_transport: bool = False
    note: str = ""


# --------------------------------------------------------------------- drive

CORE = ("anestesiologia", "cirugia-general", "ginecologia-y-obstetricia", "medicina-interna", "pediatria")
# The further specialties that bulletin 066/2024 names, with the smallest hospital, in beds, that offers each.
LISTED = {
    "medicina-de-urgencias": 40,
    "traumatologia-y-ortopedia": 60,
    "neonatologia": 80,
    "imagenologia-diagnostica-y-terapeutica": 80,
    "medicina-del-enfermo-en-estado-critico": 100,
    "psiquiatria": 110,
    "anatomia-patologica": 110,
    "oftalmologia": 120,
    "cardiologia": 150,
    "dermatologia": 170,
}
# Where people want to work, by state; a guess that makes some states dry, as in every drive on record.
STATE_APPEAL = {
    "02": 0.5, "03": 0.5, "04": -0.5, "06": 0.2, "07": -1.2, "09": 1.6, "12": -1.3, "13": 0.2, "15": 0.9, "16": -0.7,
    "17": 0.4, "18": -0.2, "20": -0.9, "21": 0.9, "23": 0.6, "24": 0.1, "25": -0.1, "26": 0.0, "27": -0.4, "28": -1.0,
    "29": 0.3, "30": -0.2, "32": -1.1,
}  # fmt: skip
_NOTES = (
    "Quirófano en obra hasta junio; mientras tanto, cirugía programada en el hospital vecino.",
    "El servicio tiene hoy una sola persona de esta especialidad.",
    "Turno con guardia de fin de semana cada tres semanas.",
    "Guardería a dos calles del hospital.",
    "Atiende a población que habla lengua indígena; hay intérprete en turno matutino.",
    "Unidad con residentes de la especialidad.",
)
_SMALL, _LARGE = 60, 120


def drive_posts(places: Sequence[Place], random: Random) -> list[PostPlan]:
    """Return the drive's posts: never two of one site, specialty, shift and contract."""
    posts: list[PostPlan] = []
    for place in places:
        number = sum(post.place.state == place.state for post in posts)
        for specialty, shift, contract in _drive_openings(place, random):
            number += 1
            posts.append(_drive_post(place, specialty, shift, contract, number, random))
    return posts


def _drive_openings(place: Place, random: Random) -> Iterator[tuple[str, Shift, ContractKind]]:
    small, large = place.beds < _SMALL, place.beds >= _LARGE
    for specialty in (*CORE, *LISTED):
        core = specialty in CORE
        if place.beds < LISTED.get(specialty, 0):
            continue
        if random.random() > (0.75 if core and small else 0.97 if core else 0.72):
            continue
        shifts = [Shift.MORNING, Shift.AFTERNOON, Shift.NIGHT, Shift.WEEKEND]
        random.shuffle(shifts)
        more = random.random()
        for shift in sorted(
            shifts[: 1 + (core and not small and more < 0.6) + (core and large and more < 0.2)]
        ):
            yield (
                specialty,
                shift,
                ContractKind.SUBSTITUTION if random.random() < 0.09 else ContractKind.PERMANENT,
            )


def _drive_post(
    place: Place, specialty: str, shift: Shift, contract: ContractKind, number: int, random: Random
) -> PostPlan:
    small = place.beds < _SMALL
    isolation = random.choice((10, 20, 30, 30, 50)) if small else 0
    rural = random.choice((10, 10, 20)) if small and random.random() < 0.7 else 0
    appeal = (
        1.5 * STATE_APPEAL[place.state]
        + (-2.2 if small else 0.012 * min(place.beds, 200))
        + {"morning": 0.5, "afternoon": 0.0, "night": -0.7, "weekend": 0.1}[shift]
        + random.gauss(0, 0.7)
    )
    pay = Decimal(39_021 + 1_372 * random.randrange(9))  # up to 49,997: the range of April 2024's press
    return PostPlan(
        key=f"{place.state}-{number:04d}",
        place=place,
        specialty=specialty,
        seats=2 if place.beds >= _LARGE and random.random() < 0.3 else 1,
        appeal=appeal,
        shift=shift,
        contract=contract,
        monthly_pay=pay.quantize(Decimal("0.01")),
        isolation_percent=isolation,
        rural_percent=rural,
        is_priority=specialty in CORE and (small or random.random() < 0.12),
        has_housing=small and random.random() < 0.55,
        has_transport=small and random.random() < 0.35,
        note=random.choice(_NOTES) if random.random() < 0.12 else "",
    )


# ----------------------------------------------------------------- residency

_GENERAL = ("HGR", "HGR/MF", "HGZ", "HGZ/MF")
_WITH_FAMILY = ("UMF", "HGR/MF", "HGZ/MF")
_SPECIALTIES_HOSPITAL, _GYNAECOLOGY, _PAEDIATRICS = "HE", "HGO", "HP"


@dataclass(frozen=True, slots=True)
class Course:
    """Where a specialty is taught: kinds of second-level site, parts of a UMAE's short name; ``share`` of those."""

    general: tuple[str, ...] = ()
    umae: tuple[str, ...] = ()
    share: float = 1.0
    seats: int = 4
    crowding: float = 1.0


# ``seats`` is a usual size of a course; ``crowding`` how many people chose the specialty for each of its seats.
COURSES = {
    "anatomia-patologica": Course(umae=("HE", "HO ", "HG "), share=0.8, seats=3, crowding=0.8),
    "anestesiologia": Course(_GENERAL, ("HE", "HGO", "HTO", "HG "), 0.42, 6, 1.3),
    "audiologia-otoneurologia-y-foniatria": Course(umae=("HE", "HG "), share=0.4, seats=2, crowding=0.9),
    "calidad-de-la-atencion-clinica": Course(("HGR",), ("HE",), 0.3, 2, 0.6),
    "cirugia-general": Course(_GENERAL, ("HE", "HG "), 0.5, 5, 1.7),
    "epidemiologia": Course(("HGR",), ("HE",), 0.35, 3, 0.8),
    "genetica-medica": Course(umae=("HP", "HG "), seats=2, crowding=1.2),
    "geriatria": Course(("HGR", "HGZ"), ("HE",), 0.3, 3, 0.9),
    "ginecologia-y-obstetricia": Course((*_GENERAL, "HGO", "HGP"), ("HGO", "HGP"), 0.5, 6, 1.4),
    "imagenologia-diagnostica-y-terapeutica": Course(("HGR", "HGZ"), ("HE", "HG "), 0.5, 4, 1.6),
    "medicina-de-rehabilitacion": Course(("HGR",), ("HTO", "HT "), 0.45, 4, 1.1),
    "medicina-de-urgencias": Course(_GENERAL, ("HT ",), 0.55, 6, 0.9),
    "medicina-del-trabajo-y-ambiental": Course(("HGZ", "UMF"), (), 0.22, 3, 0.8),
    "medicina-familiar": Course(_WITH_FAMILY, (), 0.7, 9, 0.85),
    "medicina-interna": Course(_GENERAL, ("HE", "HG "), 0.5, 6, 1.3),
    "medicina-nuclear-e-imagenologia-molecular": Course(umae=("HO ", "HC", "HE 25"), seats=2, crowding=1.2),
    "medicina-paliativa": Course(umae=("HO ", "HE CMN"), share=0.6, seats=2, crowding=0.7),
    "neumologia": Course(umae=("HG ", "HE CMN", "HE 25"), share=0.7, seats=3, crowding=1.1),
    "oftalmologia": Course(umae=("HE",), seats=4, crowding=2.4),
    "otorrinolaringologia-y-cirugia-de-cabeza-y-cuello": Course(umae=("HE", "HG "), seats=3, crowding=2.6),
    "patologia-clinica": Course(umae=("HE", "HP"), share=0.4, seats=2, crowding=0.8),
    "pediatria": Course((*_GENERAL, "HGP"), ("HP", "HG ", "HGP"), 0.5, 6, 1.2),
    "psiquiatria": Course(("HPs", "HPs/MF"), ("HE CMN",), 1.0, 5, 1.5),
    "radio-oncologia": Course(umae=("HO ", "HE 25", "HE CMN"), share=0.8, seats=3, crowding=1.0),
    "traumatologia-y-ortopedia": Course(("HGR", "HGZ"), ("HTO", "HT "), 0.6, 6, 1.5),
}
_CITY_APPEAL = {
    "09": 0.9,
    "14": 0.7,
    "19": 0.7,
    "21": 0.4,
    "22": 0.5,
    "15": 0.3,
    "31": 0.5,
    "02": 0.2,
    "12": -0.7,
    "20": -0.4,
}
# The hospitals of Mariana's story, and how much more, or less, people want to be there.
_STORY_SITES = {
    "UMAE HE CMN Siglo XXI": 0.6,
    "UMAE HE 1 Mérida": 0.6,
    "UMAE HE CMN Puebla": 0.6,
    "HGR 1 Querétaro": -0.4,
}


def residency_posts(places: Sequence[Place], random: Random) -> list[PostPlan]:
    """Return the training places: at most one post of a specialty at a site."""
    posts: list[PostPlan] = []
    for specialty, course in COURSES.items():
        for place in places:
            told = specialty == "medicina-interna" and place.name in _STORY_SITES
            if not _teaches(course, place) or (random.random() > course.share and not told):
                continue
            high = place.kind == "UMAE"
            seats = max(1, round(course.seats * (1.5 if high else 1.0) * random.uniform(0.7, 1.8)))
            appeal = (
                (1.4 if high else 0.5 if place.kind.startswith("HGR") else 0.0)
                + _CITY_APPEAL.get(place.state, 0.0)
                + (_STORY_SITES[place.name] if told else 0.0)
                + random.gauss(0, 0.5)
            )
            posts.append(PostPlan(f"R-{len(posts) + 1:04d}", place, specialty, seats, appeal))
    return posts


def _teaches(course: Course, place: Place) -> bool:
    if place.kind == "UMAE":
        return any(part in place.name for part in (f"UMAE {unit}" for unit in course.umae))
    return place.kind in course.general
