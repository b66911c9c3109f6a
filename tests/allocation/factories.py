"""A closed call with lists, and the people of access tests, as plain functions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from types import SimpleNamespace

from django.utils import timezone

from cauce.accounts.models import Membership, Person, User
from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.allocation import operations
from cauce.allocation.bridge import engine
from cauce.allocation.models import Offer, PrivacyReview, Release, Run, RunState
from cauce.base.actors import Actor
from cauce.calls.models import Application, Call, Choice, FrozenRules, ListVersion, Post
from cauce.calls.rules.aftermath import Aftermath
from cauce.calls.rules.folio import folio
from cauce.institutions.models import Institution, Site, Specialty, State
from tests.calls import factories as calls
from tests.conftest import NOON
from tests.institutions import factories as catalogues

SEED = "5eed" * 16
CRITERIA = [
    {
        "key": "enarm",
        "label": "Puntaje del ENARM",
        "decimals": 3,
        "minimum": "0",
        "maximum": "100",
        "declared": False,
    },
    {
        "key": "hard",
        "label": "Aciertos difíciles",
        "decimals": 0,
        "minimum": "0",
        "maximum": "50",
        "declared": False,
    },
]


def institution(code: str = "IMSS") -> Institution:
    return catalogues.institution(code)


def state(key: str = "22", name: str = "Querétaro") -> State:
    return catalogues.state(key, name)


def specialty() -> Specialty:
    return calls.specialty("medicina-interna", "Medicina interna")


def site(name: str) -> Site:
    """The site with this name in Querétaro, the same one each time."""
    found = Site.objects.filter(name=name).first()
    return found or calls.site(name, state(), institution=institution())


def closed_call(now, code: str = "RM24", *, owner: Institution | None = None, criteria=CRITERIA) -> Call:
    call = Call.objects.create(
        institution=owner or institution(),
        code=code,
        kind="residency",
        title="Residencias médicas 2024",
        summary="Una prueba",
        issuing_authority="Coordinación",
        legal_basis="Ley",
        contact="Lucía Arredondo, jefa de enseñanza, 442 555 0134",
        state="published",
        opens_at=now - timedelta(days=30),
        closes_at=now - timedelta(days=1),
        results_at=now.replace(microsecond=0),
        published_at=now - timedelta(days=40),
        rules_digest="a" * 64,
        score_criteria=criteria,
        lottery_seed=SEED,
        lottery_commitment=engine.commitment_of(SEED),
    )
    FrozenRules.objects.create(call=call, text='{"call":"RM24"}')
    return call


def posts(call: Call, *seats: int) -> list[Post]:
    return [
        Post.objects.create(
            call=call,
            key=f"{call.code}-{at:03d}",
            site=site(f"Hospital {at:03d}"),
            specialty=specialty(),
            seats=count,
            shift="full",
            contract="training",
        )
        for at, count in enumerate(seats, start=1)
    ]


def person(given_names: str = "Ana", surname: str = "Inventada", **values) -> Person:
    return calls.person(given_names, first_surname=surname, second_surname="", **values)


def user(
    email: str, *offices: tuple[str, int | None], who: Person | None = None, office_name: str = ""
) -> User:
    account = User.objects.create(email=email, person=who, office_name=office_name, joined_at=NOON)
    for role, where in offices:
        Membership.objects.create(user=account, role=role, institution_id=where)
    return account


def application(
    call: Call, number: int, merit: list[str], wanted: list[Post], *, now, who: Person | None = None
):
    """A submitted application with its sent list."""
    made = Application.objects.create(
        call=call,
        person=who or person(f"Persona {number}", birth_date=date(1990, 1, 1) + timedelta(days=number)),
        folio=folio(call.code, number),
        specialty=specialty(),
        state="submitted",
        merit=merit,
        version=1,
        started_at=now,
        submitted_at=now - timedelta(days=2),
    )
    ListVersion.objects.create(
        application=made,
        number=1,
        based_on=0,
        posts=[post.pk for post in wanted],
        saved_at=now - timedelta(days=2),
        sent_at=now - timedelta(days=2),
        receipt=f"R-{made.folio}",
        digest="d" * 64,
    )
    Choice.objects.bulk_create(
        [Choice(application=made, post=post, rank=rank) for rank, post in enumerate(wanted, start=1)]
    )
    return made


def people(call: Call) -> SimpleNamespace:
    """The people of access tests, as users; ``actors`` has what they may do."""
    other, partner = institution("ISSSTE").pk, institution("ISSS").pk
    mine = call.institution_id
    users = {
        "mariana": user("mariana@x.mx", who=person("Mariana", "Xool")),
        "bruno": user("bruno@x.mx", who=person("Bruno", "Paz")),
        "carla": user("carla@x.mx", (Role.CALL_MANAGER, mine), office_name="Carla Gestora"),
        "dario": user("dario@x.mx", (Role.CALL_MANAGER, other), office_name="Darío Ajeno"),
        "sofia": user("sofia@x.mx", (Role.SECOND_SIGNATORY, mine), office_name="Sofía Firmante"),
        "aurelio": user("aurelio@x.mx", (Role.AUDITOR, None), office_name="Aurelio Auditor"),
        "elena": user("elena@x.mx", (Role.EDUCATION_OFFICE, None), office_name="Elena Educación"),
        "rosa": user("rosa@x.mx", (Role.REVIEWER, mine), office_name="Rosa Revisora"),
        "samuel": user("samuel@x.sv", (Role.PARTNER_OFFICER, partner), office_name="Samuel Socio"),
        "pilar": user("pilar@x.mx", (Role.PRIVACY_OFFICER, None), office_name="Pilar Privacidad"),
    }
    actors = {name: actor_for(account) for name, account in users.items()}
    return SimpleNamespace(users=users, nobody=Actor.nobody(), **actors)


def market(call: Call, now, *, people_=None) -> SimpleNamespace:
    """Three posts and five people: the second seat of a post falls by a tie-break, another by lottery, one person gets none."""
    wanted = posts(call, 1, 1, 2)
    one, two, three = wanted
    rows = [
        (["90.000", "40"], [one, two]),
        (["80.500", "31"], [one, two, three]),
        (["80.500", "29"], [one, two, three]),
        (["70.000", "20"], [two, three]),
        (["70.000", "20"], [two, three]),
    ]
    owners = (
        [None, None, people_.users["mariana"].person, people_.users["bruno"].person, None]
        if people_
        else [None] * 5
    )
    made = [
        application(call, number, merit, wishes, now=now, who=who)
        for number, ((merit, wishes), who) in enumerate(zip(rows, owners, strict=True))
    ]
    return SimpleNamespace(posts=wanted, applications=made)


def done_run(actor: Actor, call: Call, now) -> Run:
    """Ask for a run and carry it out as a worker does."""
    run = operations.request_run(actor=actor, call=call, after=_last(call), now=now)
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: now)
    return Run.objects.get(pk=run.pk)


def published_run(staff: SimpleNamespace, call: Call, now) -> Run:
    run = done_run(staff.carla, call, now)
    for actor in (staff.carla, staff.sofia):
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=now)
    reviewed(run, now)
    operations.publish(actor=staff.carla, run=run, now=now)
    return Run.objects.get(pk=run.pk)


def reviewed(run: Run | None, now, **values) -> Run | None:
    """The run after somebody said that its package may be public; one that is public already needs no such word."""
    if run is not None and run.state == RunState.CERTIFIED:
        said = {
            "package_digest": run.package_digest, "treatment": "publish", "grounds": "Ley de prueba, artículo 1.",
            "office": Role.PRIVACY_OFFICER, **values,
        }  # fmt: skip
        PrivacyReview.objects.create(run=run, alone=0, decided_by=run.requested_by, decided_at=now, **said)
    return run


def _last(call: Call) -> int:
    return call.runs.order_by("-number").values_list("number", flat=True).first() or 0


def declare(call: Call, **values) -> None:
    """Let the call declare a window for claims of three days, and offers with two days to answer."""
    terms = {"claim_days": 3, "answer_hours": 48, "hold_hours": 24, "may_upgrade": True, **values}
    call.aftermath = asdict(Aftermath(**terms))
    call.save(update_fields=["aftermath"])


def definitive(staff: SimpleNamespace, call: Call, now) -> Release:
    """The definitive list, proposed by one and confirmed by another."""
    made = operations.propose_list(actor=staff.carla, call=call, now=now)
    reviewed(made.run, now)
    return operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now)


def proposed_round(staff: SimpleNamespace, call: Call, now) -> Release:
    return operations.propose_round(
        actor=staff.carla, call=call, starts_on=(now + timedelta(days=20)).date(), now=now
    )


def offered(staff: SimpleNamespace, call: Call, now) -> Release:
    """A round of offers whose documents say nothing: signing real ones takes a second."""
    made = proposed_round(staff, call, now)
    reviewed(made.run, now)
    operations.confirm_release(actor=staff.sofia, release=made, digest=made.digest, now=now)
    papers = dict.fromkeys(made.offers.values_list("pk", flat=True), b"%PDF-1.7 of a test")
    operations.issue_batch(actor=Actor.system("test"), release_id=made.pk, papers=papers, now=now)
    return Release.objects.get(pk=made.pk)


def offer_of(person: str, staff: SimpleNamespace) -> Offer:
    """The newest offer of one of the people of access tests."""
    found = Offer.objects.filter(application__person=staff.users[person].person).order_by("-pk")
    return found.select_related("application", "seat", "release")[0]


def carried_out(run: Run, now) -> Run:
    """The run after a worker carried it out."""
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=lambda: now)
    return Run.objects.get(pk=run.pk)


def offset_to(moment):
    """What makes the product's clock say ``moment``."""
    return moment - timezone.now()


def staff_of(call: Call, domain: str) -> SimpleNamespace:
    """Two managers, a second signatory and two applicants, with addresses of their own: races share a database."""
    users = {
        "mariana": user(f"mariana@{domain}.mx", who=person("Mariana", "Xool")),
        "bruno": user(f"bruno@{domain}.mx", who=person("Bruno", "Paz")),
        "carla": user(f"carla@{domain}.mx", (Role.CALL_MANAGER, call.institution_id)),
        "boss": user(f"boss@{domain}.mx", (Role.CALL_MANAGER, call.institution_id)),
        "sofia": user(f"sofia@{domain}.mx", (Role.SECOND_SIGNATORY, call.institution_id)),
    }
    return SimpleNamespace(users=users, **{name: actor_for(account) for name, account in users.items()})
