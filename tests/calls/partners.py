"""A call with seats for a partner institute of El Salvador, its two officers, and doctors whom it may propose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

from cauce.accounts.models import IdentityDocument, Person, User
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.calls import operations
from cauce.calls.models import Call, CallPartner, Nomination
from cauce.calls.rules.nominations import Candidate, version_digest, version_rows
from tests.calls import drafts, factories
from tests.institutions import factories as catalogues

ISSS = {"key": "isss", "label": "ISSS", "reverts_to": "open"}
OPEN = {"key": "open", "label": "", "reverts_to": ""}
CATEGORIES = [
    {"key": "mexican", "group": ""},
    {"key": "foreign", "group": ""},
    {"key": "partner", "group": ""},
]
BORN = date(1994, 7, 9)


def call(**values) -> SimpleNamespace:
    """An open call: a post of IMSSB with one of two seats kept for the ISSS, and one of the ISSS with its only seat kept."""
    made = factories.call(**{"seat_classes": [ISSS, OPEN], "categories": CATEGORIES, **values})
    abroad = catalogues.state("SV", "El Salvador", country="SV", curp_code="SV")
    isss = catalogues.institution(
        "ISSS", acronym="ISSS", country="SV", name="Instituto Salvadoreño del Seguro Social"
    )
    mexican = factories.post(made, reserved={"isss": 1})
    own_site = factories.site("Hospital General ISSS", abroad, institution=isss)
    own = factories.post(made, own_site, seats=1, reserved={"isss": 1})
    plain = factories.post(made)
    partner = CallPartner.objects.create(
        call=made, institution=isss, group="isss", closes_at=made.closes_at - timedelta(days=5), most=5,
        stipend_note="Beca del ISSS", service_note="Dos años por cada uno de formación",
    )  # fmt: skip
    officers = [drafts.officer("partner_officer", "ISSS", name) for name in ("Samuel", "Sara")]
    return SimpleNamespace(
        call=made, partner=partner, isss=isss, mexican=mexican, own=own, plain=plain, samuel=officers[0], sara=officers[1]
    )  # fmt: skip


def candidate(number: int = 1, **values) -> Candidate:
    """A candidate with a passport of their own; 1 is called as the doctor 1."""
    told = Candidate(
        staff_number=f"ISSS-{number}", given_names=f"Xiomara {'ABCDEFGH'[number]}", first_surname="Menjívar", second_surname="",
        birth_date=BORN, document_country="SV", document_kind="passport", document_number=f"A0000000{number}",
        email=f"x{number}@isss.example", reason="Primer lugar del concurso interno.",
    )  # fmt: skip
    return replace(told, **values)


def doctor(number: int = 1, **values) -> User:
    """The doctor whom ``candidate(number)`` proposes, registered with that passport."""
    user = factories.user(f"Doctora{number}", **values)
    Person.objects.filter(pk=user.person_id).update(birth_date=BORN, birth_state="")
    IdentityDocument.objects.create(
        person_id=user.person_id, kind="passport", country="SV", number=f"A0000000{number}"
    )
    IdentityDocument.objects.create(person_id=user.person_id, kind="folio", number=f"TMP-{number}")
    user.refresh_from_db()
    return User.objects.get(pk=user.pk)


def add(world: SimpleNamespace, now, *numbers: int) -> list[Nomination]:
    return [
        operations.add_nomination(partner=world.partner, told=candidate(number), actor=world.samuel, now=now)
        for number in numbers
    ]


def digest(partner: CallPartner) -> str:
    return version_digest(version_rows(list(partner.nominations.all())))


def sign(world: SimpleNamespace, now, *actors: Actor) -> None:
    """Sign the proposal as it is, by both officers unless told otherwise."""
    for actor in actors or (world.samuel, world.sara):
        operations.sign_nominations(partner=world.partner, digest=digest(world.partner), actor=actor, now=now)
    world.partner.refresh_from_db()


def accepted(world: SimpleNamespace, now, *numbers: int) -> list[tuple[User, Nomination]]:
    """Doctors proposed, signed for and accepted, in that order of preference."""
    made = add(world, now, *numbers)
    sign(world, now)
    found = []
    for number, one in zip(numbers, made, strict=True):
        user = doctor(number)
        found.append((user, operations.accept_nomination(nomination=one, actor=actor_for(user), now=now)))
    return found


def send(user: User, call: Call, posts: list, now, *, mark: str = "90"):
    """Tell the details, order ``posts`` and send them, as a person does."""
    actor = actor_for(user)
    application = operations.start_application(call=call, actor=actor, now=now)
    operations.save_details(
        application=application, specialty_id=posts[0].specialty_id, declared={"mark": mark}, phone="", actor=actor, now=now
    )  # fmt: skip
    saved = operations.save_list(
        application=application, posts=[post.pk for post in posts], based_on=application.version, actor=actor, now=now
    )  # fmt: skip
    return operations.send_list(
        application=application, version=saved.number, accepts_rules=1, actor=actor, now=now
    )
