"""Who wants what: invented scores and preferences, and the order in which seats run out. Pure and repeatable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from random import Random

from cauce.config.demo.posts import COURSES, PostPlan

ITEMS = 280
# Lowest and highest score of those selected in each specialty, on 100; public ENARM figures, edition not stated.
SCORES = {
    "anatomia-patologica": (57.67, 78.03),
    "anestesiologia": (58.39, 76.07),
    "audiologia-otoneurologia-y-foniatria": (59.46, 68.57),
    "calidad-de-la-atencion-clinica": (51.07, 68.21),
    "cirugia-general": (63.21, 81.96),
    "epidemiologia": (46.25, 76.42),
    "genetica-medica": (61.60, 73.75),
    "geriatria": (57.14, 78.21),
    "ginecologia-y-obstetricia": (60.35, 77.85),
    "imagenologia-diagnostica-y-terapeutica": (58.03, 77.50),
    "medicina-de-rehabilitacion": (58.75, 71.78),
    "medicina-de-urgencias": (47.67, 73.57),
    "medicina-del-trabajo-y-ambiental": (55.71, 70.53),
    "medicina-familiar": (45.17, 73.32),
    "medicina-interna": (59.46, 82.50),
    "medicina-nuclear-e-imagenologia-molecular": (59.64, 71.78),
    "medicina-paliativa": (67.50, 68.75),
    "neumologia": (60.17, 74.46),
    "oftalmologia": (68.92, 80.89),
    "otorrinolaringologia-y-cirugia-de-cabeza-y-cuello": (70.00, 80.17),
    "patologia-clinica": (55.35, 70.00),
    "pediatria": (58.57, 80.35),
    "psiquiatria": (62.14, 80.89),
    "radio-oncologia": (57.85, 71.96),
    "traumatologia-y-ortopedia": (62.14, 79.28),
}


@dataclass(frozen=True, slots=True)
class Merit:
    """Right answers of 280, right answers among the hard items, grade average in hundredths. More is better."""

    right: int
    hard: int
    average: int

    @property
    def values(self) -> list[str]:
        """The decimal strings of the call's criteria."""
        return [score(self.right), str(self.hard), f"{self.average // 100}.{self.average % 100:02d}"]

    @property
    def key(self) -> tuple[int, int, int]:
        return self.right, self.hard, self.average


def score(right: int) -> str:
    """Return right answers as a score on 100 with three decimals, rounded half up, exactly."""
    thousandths = (right * 200_000 + ITEMS) // (2 * ITEMS)
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


@dataclass(frozen=True, slots=True)
class Wish:
    """An applicant to be: what they are worth and what they want, best first (post keys)."""

    specialty: str
    merit: Merit
    posts: tuple[str, ...]


def residency_wishes(posts: Sequence[PostPlan], home_states: Sequence[str], random: Random) -> list[Wish]:
    """Return one wish for each home state given: complete lists, specialties as crowded as their courses say."""
    by_specialty: dict[str, list[PostPlan]] = defaultdict(list)
    for post in posts:
        by_specialty[post.specialty].append(post)
    names = list(by_specialty)
    weights = [sum(post.seats for post in by_specialty[name]) * COURSES[name].crowding for name in names]
    wishes = []
    for home in home_states:
        specialty = random.choices(names, weights)[0]
        ordered = prefer(by_specialty[specialty], home, random, home_pull=1.5)
        wishes.append(Wish(specialty, draw_merit(specialty, random), tuple(post.key for post in ordered)))
    return wishes


def draw_merit(specialty: str, random: Random) -> Merit:
    low, high = SCORES[specialty]
    right = round((low + (high - low) * random.betavariate(1.7, 2.6)) * ITEMS / 100)
    hard = max(0, min(60, round(right * 60 / ITEMS - 12 + random.gauss(0, 4))))
    average = round(min(9.95, max(7.2, random.gauss(8.75, 0.5))) * 100)
    return Merit(right, hard, average)


def prefer(posts: Sequence[PostPlan], home: str, random: Random, *, home_pull: float) -> list[PostPlan]:
    """Return ``posts`` as one person likes them: appeal, home, and a taste of their own (Gumbel)."""
    liked = [
        (
            post.appeal
            + (home_pull if post.place.state == home else 0.0)
            - log(-log(random.random() or 0.5)),
            post,
        )
        for post in posts
    ]
    return [post for _liking, post in sorted(liked, key=lambda pair: (-pair[0], pair[1].key))]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """The last one admitted to a full post: place in the order of merit (1-based) and what they were worth."""

    place: int
    merit: Merit


def serial(wishes: Iterable[Wish], seats: Mapping[str, int]) -> tuple[dict[int, int], dict[str, Cutoff]]:
    """Give seats in order of merit; return the rank of the post each wish got, by its index, and the full posts' ends.

    Equal merits go by index: the real call draws lots there.
    """
    left, last = dict(seats), {}
    got: dict[int, int] = {}
    order = sorted(enumerate(wishes), key=lambda pair: (*(-value for value in pair[1].merit.key), pair[0]))
    for place, (index, wish) in enumerate(order, 1):
        for rank, post in enumerate(wish.posts, 1):
            if left[post]:
                left[post] -= 1
                got[index] = rank
                last[post] = Cutoff(place, wish.merit)
                break
    return got, {post: cutoff for post, cutoff in last.items() if not left[post]}


# --------------------------------------------------------------------- drive

_DRIVE_SHARE = {
    "anestesiologia": 13, "cirugia-general": 14, "ginecologia-y-obstetricia": 15, "medicina-interna": 13, "pediatria": 15,
    "medicina-de-urgencias": 8, "traumatologia-y-ortopedia": 7, "neonatologia": 2,
    "imagenologia-diagnostica-y-terapeutica": 4, "medicina-del-enfermo-en-estado-critico": 2, "psiquiatria": 2,
    "anatomia-patologica": 1, "oftalmologia": 2, "cardiologia": 1, "dermatologia": 1,
}  # fmt: skip
LONGEST = 20


@dataclass(frozen=True, slots=True)
class DriveWish:
    """``grade`` in hundredths, ``months`` of service in marginalised places; ``posts`` are keys, best first."""

    specialty: str
    grade: int
    months: int
    posts: tuple[str, ...]

    @property
    def values(self) -> list[str]:
        return [f"{self.grade // 100}.{self.grade % 100:02d}", str(self.months)]


def drive_wishes(posts: Sequence[PostPlan], home_states: Sequence[str], random: Random) -> list[DriveWish]:
    """Return one wish for each home state given: a few posts, at home or where many want to be."""
    by_specialty: dict[str, list[PostPlan]] = defaultdict(list)
    for post in posts:
        by_specialty[post.specialty].append(post)
    names, weights = list(_DRIVE_SHARE), list(_DRIVE_SHARE.values())
    wishes = []
    for home in home_states:
        specialty = random.choices(names, weights)[0]
        length = min(LONGEST, 1 + int(random.expovariate(0.28)))
        ordered = prefer(by_specialty[specialty], home, random, home_pull=2.6)[:length]
        grade = round(min(99.6, max(61.0, random.gauss(86.5, 5.5))) * 100)
        months = max(0, round(random.gauss(6, 6))) if random.random() < 0.6 else 0
        wishes.append(DriveWish(specialty, grade, months, tuple(post.key for post in ordered)))
    return wishes
