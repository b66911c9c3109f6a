"""The demo's two use cases: drafting the calls, and filling them with applications. Always the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random

from cauce.accounts.models import IdentityDocument, Person
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Application, CalendarEntry, Call, CallSpecialty, Post, Tier
from cauce.calls.operations import ask_for_usual, commitment_of
from cauce.config.demo import kinds, market, partners, story
from cauce.config.demo.applications import DECLARED, Story, save_applications, save_people
from cauce.config.demo.calls import DRIVE, RESIDENCY, TODAY, CallPlan, at, call_plans, moment
from cauce.config.demo.documents import LONGEST_CURE
from cauce.config.demo.live import LIVE, RENATA, live_plan, live_posts, live_stories
from cauce.config.demo.live import PEOPLE as LIVE_PEOPLE
from cauce.config.demo.offers import ITZEL, OFFERS, offers_plan, offers_posts, offers_stories
from cauce.config.demo.offers import PEOPLE as OFFERS_PEOPLE
from cauce.config.demo.people import Invented, invent_people
from cauce.config.demo.posts import CORE, Place, PostPlan, drive_posts, residency_posts
from cauce.config.demo.second import (
    FOREIGN,
    SECOND,
    reserved_in,
    second_plan,
    second_posts,
    second_stories,
)
from cauce.config.demo.second import PEOPLE as SECOND_PEOPLE
from cauce.institutions.models import Institution, Site, Specialty, State

RESIDENCY_APPLICANTS = 3_000
DRIVE_SENT, DRIVE_DRAFTS, DRIVE_WITHDRAWN = 2_300, 180, 25
_UNKNOWN_BEDS = 100  # for making posts only: where no source gives a hospital's beds
_SEED = 20_240_214


@dataclass
class World:
    """Everything the demo invents, from the catalogue and one seed. Each part has a seed of its own."""

    places: list[Place]
    states: list[tuple[str, int]]
    bienestar: frozenset[str]

    @classmethod
    def read(cls) -> World:
        """Read the catalogue in two queries."""
        states = list(
            State.objects.filter(country="MX")
            .order_by("key")
            .values_list("key", "population_2020", "in_imss_bienestar")
        )
        sites = Site.objects.order_by("state_id", "municipality", "name").values_list(
            "id", "institution__code", "state_id", "municipality", "kind", "short_name", "care_level", "beds",
            "is_invented",
        )  # fmt: skip
        places = [Place(*row[:7], row[7] or _UNKNOWN_BEDS, row[8]) for row in sites if row[3]]
        return cls(
            places,
            [(key, population) for key, population, _inside in states],
            frozenset(key for key, _population, inside in states if inside),
        )

    def random(self, part: str) -> Random:
        return Random(f"{_SEED} {part}")  # noqa: S311 - invented people must be the same every time

    def homes(self, part: str, count: int, states: Sequence[tuple[str, int]]) -> list[str]:
        return self.random(part).choices(
            [key for key, _weight in states], [weight for _key, weight in states], k=count
        )

    @cached_property
    def drive_posts(self) -> list[PostPlan]:
        def belongs(place: Place) -> bool:
            # The general hospitals of Mexico City's own services passed to IMSS-Bienestar after the source's date.
            city = place.institution == "SSA" and place.kind == "HG" and place.state == "09"
            return (place.institution == "IMSS-BIENESTAR" and place.kind != "UNEME") or city

        return drive_posts([place for place in self.places if belongs(place)], self.random("drive posts"))

    @cached_property
    def residency_posts(self) -> list[PostPlan]:
        places = [place for place in self.places if place.institution == "IMSS"]
        return residency_posts(places, self.random("residency posts"))

    def residency_wishes(self, year: int) -> list[market.Wish]:
        homes = self.homes(f"homes {year}", RESIDENCY_APPLICANTS - 1, self.states)
        return market.residency_wishes(self.residency_posts, homes, self.random(f"wishes {year}"))

    @cached_property
    def previous_cutoffs(self) -> dict[str, market.Cutoff]:
        """The ends of an invented previous year, with the same sites and other people."""
        seats = {post.key: post.seats for post in self.residency_posts}
        return market.serial(self.residency_wishes(2023), seats)[1]

    @cached_property
    def drive_wishes(self) -> list[market.DriveWish]:
        weighted = [(key, weight * (3 if key in self.bienestar else 1)) for key, weight in self.states]
        homes = self.homes("drive homes", DRIVE_SENT + DRIVE_DRAFTS + DRIVE_WITHDRAWN - 1, weighted)
        return market.drive_wishes(self.drive_posts, homes, self.random("drive wishes"))

    def people(self, count: int) -> Iterator[Invented]:
        born = (date(1988, 1, 1), date(1999, 12, 30))
        return invent_people(self.random("people"), count=count, born=born, states=self.states, taken=set())

    def numbers(self, code: str, count: int, but: int) -> list[int]:
        """Folio numbers, none of them ``but``, which belongs to somebody with a story."""
        drawn = self.random(f"folios {code}").sample(range(1_000_000), count + 1)
        return [number for number in drawn if number != but][:count]


# -------------------------------------------------------------------- drafts


@use_case
def draft_calls(*, actor: Actor, now: datetime) -> Call:
    """Create the calls as drafts, with calendar, scope and posts; return the drive.

    Needs the catalogue. A call that is there already is left as it is. The
    lotteries' seeds are written in the demo's code: they bind nobody.
    """
    partners.draft_home()
    world = World.read()
    posts = {
        RESIDENCY: world.residency_posts,
        DRIVE: world.drive_posts,
        SECOND: second_posts(world.residency_posts),
        LIVE: live_posts(world.residency_posts),
        OFFERS: offers_posts(world.residency_posts),
        partners.SHARED: partners.shared_posts(world.residency_posts) + partners.home_posts(world.places),
    }
    zones = kinds.zones(world.places)
    posts |= {kinds.TEAMS: kinds.team_posts(zones), kinds.MANAGERS: kinds.manager_posts(zones)}
    for plan in (
        *call_plans(),
        second_plan(),
        live_plan(),
        offers_plan(),
        partners.shared_plan(),
        *kinds.kind_plans(),
    ):
        if not Call.objects.filter(code=plan.code).exists():
            call = _draft(plan, posts[plan.code], world)
            if plan.code == kinds.TEAMS:
                kinds.draft_teams(call, zones)
    note(posts={code: len(plans) for code, plans in posts.items()})
    return Call.objects.get(code=DRIVE)


@step
def _draft(plan: CallPlan, posts: list[PostPlan], world: World) -> Call:
    institution = Institution.objects.get(code=plan.institution)
    call = Call.objects.create(
        institution=institution,
        code=plan.code,
        lottery_seed=plan.seed[:64],
        lottery_commitment=commitment_of(plan.seed[:64]),
        is_invented=True,
        **plan.fields,
    )
    CalendarEntry.objects.bulk_create(
        CalendarEntry(
            call=call,
            label=entry.label,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            as_written=entry.as_written,
        )
        for entry in plan.entries
    )
    used = {post.place.state for post in posts}
    call.states.set(State.objects.filter(key__in=world.bienestar if plan.code == DRIVE else used))
    specialties = dict(Specialty.objects.values_list("code", "pk"))
    CallSpecialty.objects.bulk_create(
        CallSpecialty(
            call=call,
            specialty_id=specialties[code],
            tier=Tier.CORE if plan.code == DRIVE and code in CORE else Tier.LISTED,
        )
        for code in sorted({post.specialty for post in posts})
    )
    if plan.code == DRIVE:
        ask_for_usual(call, longest_cure=LONGEST_CURE)
    if plan.code == partners.SHARED:
        ask_for_usual(call, longest_cure=partners.LONGEST_CURE)
        partners.draft_partner(call)
    ends = world.previous_cutoffs if plan.code == RESIDENCY else {}
    Post.objects.bulk_create(
        (_post(call, post, specialties, ends.get(post.key)) for post in posts), batch_size=1000
    )
    return call


def _post(call: Call, plan: PostPlan, specialties: dict[str, int], end: market.Cutoff | None) -> Post:
    return Post(
        call=call,
        key=plan.key,
        site_id=plan.place.id,
        specialty_id=specialties[plan.specialty],
        seats=plan.seats,
        shift=plan.shift,
        contract=plan.contract,
        monthly_pay=plan.monthly_pay,
        isolation_percent=plan.isolation_percent,
        rural_percent=plan.rural_percent,
        is_priority=plan.is_priority,
        has_housing=plan.has_housing,
        has_transport=plan.has_transport,
        note=plan.note,
        reserved=_reserved(call.code, plan),
        last_place=end.place if end else None,
        last_score=market.score(end.merit.right) if end else "",
    )


def _reserved(code: str, plan: PostPlan) -> dict[str, int]:
    if code == SECOND:
        return reserved_in(plan.seats)
    return partners.kept_in(plan) if code == partners.SHARED else {}


# -------------------------------------------------------------- applications

GRADUATES = (date(1988, 1, 1), date(1999, 12, 30))


def _people(
    world: World, name: str, count: int, *, saved_at: datetime, born: tuple[date, date] = GRADUATES
) -> list[Person]:
    """Invent and save people whom nobody else of the demo is."""
    taken = set(IdentityDocument.objects.values_list("number", flat=True))
    invented = invent_people(world.random(name), count=count, born=born, states=world.states, taken=taken)
    return save_people(invented, now=saved_at)


@use_case
def fill_demo(*, actor: Actor, now: datetime) -> Call:
    """Create the applicants of both published calls, with their sent lists and receipts; return the drive.

    Needs the catalogue, the privacy notice, the demo's people and both calls
    published. Rows are written in bulk, with the digests and folios of the
    product's own rules; nobody gets a letter.
    """
    world = World.read()
    residency, drive = Call.objects.get(code=RESIDENCY), Call.objects.get(code=DRIVE)
    wishes, drive_wishes = world.residency_wishes(2024), world.drive_wishes
    people = save_people(world.people(len(wishes) + len(drive_wishes)), now=at(1, 8, 12))
    first = save_applications(residency, _residency_stories(world, people[: len(wishes)], wishes))
    second = save_applications(
        drive, _drive_stories(world, people[len(wishes) :], drive_wishes), merit_source=DECLARED
    )
    note(applications=len(first) + len(second), people=len(people))
    return drive


@use_case
def fill_second(*, actor: Actor, now: datetime) -> Call:
    """Create the applicants of the second period, with their lists and groups; return the call. Needs it published."""
    world = World.read()
    call = Call.objects.get(code=SECOND)
    people = _people(world, "second people", SECOND_PEOPLE, saved_at=at(1, 28, 12))
    stories, foreign = second_stories(world, people, second_posts(world.residency_posts))
    made = save_applications(call, stories)
    for application, is_foreign in zip(made, foreign, strict=True):
        if is_foreign:
            application.groups = [FOREIGN["key"]]
    Application.objects.bulk_update(made, ["groups"], batch_size=1000)
    note(applications=len(made), foreign=sum(foreign))
    return call


@use_case
def fill_live(*, actor: Actor, now: datetime) -> Call:
    """Create the applicants of the call that chooses live, with their lists; return the call. Needs it published."""
    world = World.read()
    call = Call.objects.get(code=LIVE)
    people = _people(world, "live people", LIVE_PEOPLE, saved_at=at(1, 30, 12))
    numbers = world.numbers(LIVE, len(people), -1)
    stories = live_stories(
        world.random("live"), people, numbers, live_posts(world.residency_posts), _person(RENATA)
    )
    made = save_applications(call, stories)
    note(applications=len(made))
    return call


@use_case
def fill_offers(*, actor: Actor, now: datetime) -> Call:
    """Create the applicants of the call whose places are offered, with their lists; return the call. Needs it published."""
    world = World.read()
    call = Call.objects.get(code=OFFERS)
    people = _people(world, "offers people", OFFERS_PEOPLE, saved_at=at(1, 7, 12))
    stories = offers_stories(
        world.random("offers"),
        people,
        world.numbers(OFFERS, len(people), -1),
        offers_posts(world.residency_posts),
        _person(ITZEL),
    )
    made = save_applications(call, stories)
    note(applications=len(made))
    return call


@use_case
def fill_kinds(*, actor: Actor, now: datetime) -> Call:
    """Create the applicants of the teams and of the post for a manager, with interviews half done; return the teams' call.

    Needs both calls published and the demo's panellists.
    """
    world = World.read()
    zones = kinds.zones(world.places)
    count = kinds.TEAM_PEOPLE + kinds.MANAGER_PEOPLE
    experienced = (date(1975, 1, 1), date(1992, 12, 30))
    people = _people(world, "kinds", count, saved_at=at(1, 21, 12), born=experienced)
    calls = {code: Call.objects.get(code=code) for code in (kinds.TEAMS, kinds.MANAGERS)}
    random = world.random("kinds' lists")
    numbers = {code: iter(world.numbers(code, count, -1)) for code in calls}
    posts = kinds.team_posts(zones)
    stories = kinds.team_stories(people[: kinds.TEAM_PEOPLE], posts, numbers[kinds.TEAMS], random)
    made = save_applications(calls[kinds.TEAMS], stories, merit_source=DECLARED)
    kinds.hold_interviews(calls[kinds.TEAMS], made, random, now=now)
    stories = kinds.manager_stories(
        people[kinds.TEAM_PEOPLE :], kinds.manager_posts(zones), numbers[kinds.MANAGERS], random
    )
    aspiring = save_applications(calls[kinds.MANAGERS], stories, merit_source=DECLARED)
    kinds.review_profiles(calls[kinds.MANAGERS], aspiring, random)
    note(applications=len(made) + len(aspiring), people=len(people))
    return calls[kinds.TEAMS]


def kinds_are_filled() -> bool:
    return Application.objects.filter(call__code=kinds.TEAMS).exists()


def second_is_filled() -> bool:
    return Application.objects.filter(call__code=SECOND).exists()


def _person(email: str) -> Person:
    return Person.objects.get(user__email=email)


def _residency_stories(world: World, people: list[Person], wishes: list[market.Wish]) -> list[Story]:
    random, opens, closes = world.random("residency times"), at(1, 9, 9), at(2, 9, 18)
    hers = story.mariana(world.residency_posts, wishes)
    stories = [
        Story(
            person=_person(story.MARIANA),
            number=story.MARIANA_NUMBER,
            specialty=hers.specialty,
            merit=hers.merit.values,
            lists=(hers.posts,),
            started_at=at(1, 15, 20, 14, 9),
            sent_at=at(2, 6, 21, 40, 33),
        )
    ]
    numbers = world.numbers(RESIDENCY, len(wishes), story.MARIANA_NUMBER)
    for person, wish, number in zip(people, wishes, numbers, strict=True):
        sent_at = moment(random.random() ** 0.45, opens + timedelta(hours=1), closes)
        started_at = moment(random.random() * 0.9, opens, sent_at)
        stories.append(
            Story(
                person,
                number,
                wish.specialty,
                wish.merit.values,
                _drafts(wish.posts, random),
                started_at,
                sent_at,
            )
        )
    return stories


def _drive_stories(world: World, people: list[Person], wishes: list[market.DriveWish]) -> list[Story]:
    random, opens = world.random("drive times"), at(2, 11)
    his = story.bruno(world.drive_posts)
    stories = [
        Story(
            person=_person(story.BRUNO),
            number=story.BRUNO_NUMBER,
            specialty=his.specialty,
            merit=his.values,
            lists=(his.posts[:3], his.posts),
            started_at=at(2, 12, 19, 5, 2),
            sent_at=at(2, 12, 19, 42, 10),
        )
    ]
    numbers = world.numbers(DRIVE, len(wishes), story.BRUNO_NUMBER)
    for index, (person, wish, number) in enumerate(zip(people, wishes, numbers, strict=True)):
        sent_at = moment(random.random(), opens + timedelta(minutes=20), TODAY - timedelta(minutes=2))
        started_at = moment(random.random(), max(opens, sent_at - timedelta(hours=30)), sent_at)
        lists = _drafts(wish.posts, random)
        draft = index < DRIVE_DRAFTS
        gone = DRIVE_DRAFTS <= index < DRIVE_DRAFTS + DRIVE_WITHDRAWN
        stories.append(
            Story(
                person,
                number,
                wish.specialty,
                wish.values,
                lists[:1] if draft else lists,
                started_at,
                None if draft else sent_at,
                moment(random.random(), sent_at, TODAY - timedelta(minutes=1)) if gone else None,
            )
        )
    return stories


def _drafts(posts: tuple[str, ...], random: Random) -> tuple[tuple[str, ...], ...]:
    """Return the lists as saved: one in twelve people send a first one, think again, and move something up."""
    if len(posts) < 2 or random.random() > 1 / 12:
        return (posts,)
    moved = random.randrange(1, len(posts))
    return (*posts[1 : moved + 1], posts[0], *posts[moved + 1 :]), posts


def is_filled() -> bool:
    """Whether both calls have their applications."""
    codes = Application.objects.filter(call__code__in=(RESIDENCY, DRIVE)).values_list("call__code", flat=True)
    return set(codes.distinct()) == {RESIDENCY, DRIVE}
