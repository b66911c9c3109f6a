"""A call of the demo that is open and keeps seats for the ISSS: its proposal is signed, and its candidates are answering."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from cauce.accounts.models import Consent, DocumentKind, IdentityDocument, Person, PrivacyNotice, User
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Call, CallKind, CallPartner, Category, ListRule, Nomination, NominationAnswer
from cauce.calls.operations import add_nomination, sign_nominations
from cauce.calls.rules.nominations import Candidate, version_digest, version_rows
from cauce.config.demo.applications import Story, save_applications
from cauce.config.demo.calls import CallPlan, Entry, at, call_plans
from cauce.config.demo.posts import Place, PostPlan
from cauce.institutions.models import Institution, Site, State
from cauce.institutions.rules import fold

SHARED = "RS24"
PARTNER = "ISSS"
PUBLISHED_AT = at(2, 1, 10)
SIGNED_AT = at(2, 8, 16)
SAMUEL, SARA, XIOMARA = (f"{name}@demo.cauce.example" for name in ("samuel", "sara", "xiomara"))
SPECIALTIES = ("cirugia-general", "medicina-interna")
SITES = 4  # of each specialty, three seats each, one of them for the institute
COUNTRY = "SV"
# Hospitals of the institute in its own country that do not exist, each with a post of every specialty.
_AT_HOME = (
    ("San Salvador", "Hospital General de Enseñanza (inventado)", "HG de Enseñanza"),
    ("Santa Ana", "Hospital Regional de Occidente (inventado)", "HR de Occidente"),
)
HOME_SEATS = 2
LONGEST_CURE = 3
_GROUP = {"key": "isss", "label": "ISSS, El Salvador", "reverts_to": "open"}
_OPEN = {"key": "open", "label": "", "reverts_to": ""}
_NUMBER = 503_011

_RULES = """\
Texto de ejemplo para la demostración. No sustituye a ninguna convocatoria ni a ningún convenio.

Quién puede postularse. Quienes tienen constancia de selección del ENARM 2023, y quienes proponga el Instituto Salvadoreño del Seguro Social (ISSS).

Qué se ofrece. Veinticuatro lugares en México y ocho en El Salvador, en dos especialidades. En cada sede de México, uno de tres se guarda para personas propuestas por el ISSS; los de El Salvador son todos para ellas. Lo que ninguna alcanza pasa a ser abierto y se da por mérito.

Una sola lista. Quien es propuesto ordena juntas las sedes del IMSS y las de su país: es una solicitud, y a lo más un lugar.

Cómo propone el instituto. En su orden, con la razón de cada persona, y con dos firmas. Quien es propuesto acepta o no en su propia cuenta. El instituto ve el estado de sus candidatos y los documentos que faltan; nunca su lista ni su puntaje.

Cómo se asigna. Por puntaje del ENARM 2023; en empate, por aciertos en reactivos de alta dificultad; después, por promedio general de la licenciatura; si el empate sigue, por sorteo.

Resultados e inconformidades. Los resultados se publican por folio, sin nombres. Quien no esté conforme tiene tres días hábiles para pedir que se revise su caso por escrito, en el contacto de esta convocatoria.
"""


def shared_plan() -> CallPlan:
    """The call before it is a row; its criteria are those of the residency."""
    first = call_plans()[0]
    fields: dict[str, Any] = {
        **first.fields,
        "kind": CallKind.RESIDENCY,
        "title": "Residencias médicas 2024-2025, lugares con el ISSS",
        "summary": "Lugares en dos especialidades, en México y en El Salvador; una parte se guarda para personas propuestas por el Instituto Salvadoreño del Seguro Social.",
        "opens_at": at(2, 5, 9),
        "closes_at": at(2, 26, 18),
        "results_at": at(3, 4, 12),
        "list_rule": ListRule.FREE,
        "seat_classes": [_GROUP, _OPEN],
        "categories": [
            {"key": Category.MEXICAN.value, "group": ""},
            {"key": Category.FOREIGN.value, "group": ""},
            {"key": Category.PARTNER.value, "group": ""},
        ],
        "rules_text": _RULES,
    }
    return CallPlan(
        code=SHARED,
        institution=first.institution,
        seed="rs24-demo-" + "5a1c7e93d40fb826" * 3,
        fields=fields,
        entries=[
            Entry("Cierre de la propuesta del ISSS", at(2, 21, 18), None, "miércoles 21 de febrero de 2024")
        ],
    )


@step
def draft_home() -> None:
    """Add the institute's country and its two invented hospitals, unless they are there."""
    country, _made = State.objects.get_or_create(
        key=COUNTRY,
        defaults={
            "name": "El Salvador", "abbreviation": "SLV", "curp_code": COUNTRY, "population_2020": 0, "country": COUNTRY,
        },
    )  # fmt: skip
    institution = Institution.objects.get(code=PARTNER)
    for municipality, name, short_name in _AT_HOME:
        Site.objects.get_or_create(
            institution=institution, state=country, municipality=municipality, name=name,
            defaults={
                "short_name": short_name, "kind": "HG", "care_level": 3, "is_invented": True,
                "source": "Inventado para la demostración", "folded": fold(f"{name} {municipality} El Salvador"),
            },
        )  # fmt: skip


def home_posts(places: Sequence[Place]) -> list[PostPlan]:
    """The posts in the institute's own country, beside those of the IMSS in one list."""
    own = sorted((one for one in places if one.institution == PARTNER), key=lambda one: one.municipality)
    pairs = [(place, specialty) for specialty in SPECIALTIES for place in own]
    return [
        PostPlan(f"{COUNTRY}-{number:03d}", place, specialty, HOME_SEATS, 0.0)
        for number, (place, specialty) in enumerate(pairs, 1)
    ]


def shared_posts(posts: Sequence[PostPlan]) -> list[PostPlan]:
    """A few sites of each specialty, from the posts of the first period, with keys and seats of their own."""
    chosen: defaultdict[str, list[PostPlan]] = defaultdict(list)
    for post in sorted(posts, key=lambda one: (-one.seats, one.key)):
        if post.specialty in SPECIALTIES and len(chosen[post.specialty]) < SITES:
            chosen[post.specialty].append(post)
    return [replace(post, key=f"S{post.key}"[:20], seats=3) for name in SPECIALTIES for post in chosen[name]]


def kept_in(post: PostPlan) -> dict[str, int]:
    """Of the IMSS one seat of three, of the institute's own all."""
    return {_GROUP["key"]: post.seats if post.place.institution == PARTNER else 1}


@step
def draft_partner(call: Call) -> CallPartner:
    """Let the institute propose in the draft."""
    return CallPartner.objects.create(
        call=call,
        institution=Institution.objects.get(code=PARTNER),
        group=_GROUP["key"],
        closes_at=at(2, 21, 18),
        most=8,
        stipend_note="El ISSS paga el salario durante la formación; el IMSS da lugar y tutoría. Texto de ejemplo.",
        service_note="Dos años de servicio en el ISSS por cada año de formación. Texto de ejemplo.",
    )


def _candidates() -> list[Candidate]:
    """Whom the institute proposes, in its order: nobody of them exists."""
    xiomara = Person.objects.get(user__email=XIOMARA)
    dui = IdentityDocument.objects.get(person=xiomara, country="SV", kind=DocumentKind.DUI)
    told = [
        ("ISSS-20418", "Óscar Edgardo", "Cienfuegos", "Lara", date(1993, 2, 11), "passport", "B00000417", "oscar",
         "Primer lugar del concurso interno; vuelve al Hospital General."),
        ("ISSS-19877", xiomara.given_names, xiomara.first_surname, xiomara.second_surname, xiomara.birth_date, "dui", dui.number,
         "xiomara", "Segundo lugar del concurso interno; tres años en urgencias de Soyapango."),
        ("ISSS-21050", "Krissia Abigail", "Peñate", "Orellana", date(1995, 10, 30), "passport", "B00000952", "krissia",
         "Tercer lugar del concurso interno; plaza comprometida en Santa Ana."),
    ]  # fmt: skip
    return [
        Candidate(
            staff_number=staff, given_names=given, first_surname=first, second_surname=second, birth_date=born,
            document_country="SV", document_kind=kind, document_number=number, email=f"{mail}@demo.cauce.example", reason=reason,
        )
        for staff, given, first, second, born, kind, number, mail, reason in told
    ]  # fmt: skip


def propose(call: Call) -> int:
    """Have both officers write and sign the proposal; return how many people it names. No use case itself."""
    samuel, sara = (actor_for(User.objects.get(email=email)) for email in (SAMUEL, SARA))
    partner = call.partners.get()
    for told in _candidates():
        add_nomination(partner=partner, told=told, actor=samuel, now=SIGNED_AT)
    digest = version_digest(version_rows(list(partner.nominations.all())))
    for officer in (samuel, sara):
        sign_nominations(partner=partner, digest=digest, actor=officer, now=SIGNED_AT)
    return partner.nominations.count()


@use_case
def answer_proposal(*, call: Call, actor: Actor, now: datetime) -> Call:
    """Let the first candidate accept and send a list, and the last one decline; Xiomara has yet to answer.

    Needs the signed proposal. The two who answer have no account that one may enter.
    """
    first, _xiomara, last = Nomination.objects.filter(partner__call=call).order_by("position")
    keys = list(
        call.posts.filter(specialty__code=SPECIALTIES[0]).order_by("key").values_list("key", flat=True)
    )
    home = [key for key in keys if key.startswith(COUNTRY)]
    abroad = [key for key in keys if key not in home]
    # One list of both: the IMSS first, then home, then the IMSS again.
    posts = (*abroad[:2], *home, *abroad[2:])
    merit = ["78.214", "131", "8.90"]
    told = Story(_person_of(first, now), _NUMBER, SPECIALTIES[0], merit, (posts,), at(2, 9, 8), at(2, 9, 9))
    (application,) = save_applications(
        call,
        [told],
        merit_source="ENARM 2023 (E47): lista de personas seleccionadas",
    )
    application.category, application.category_number = Category.PARTNER, first.staff_number
    application.groups = [_GROUP["key"]]
    application.save(update_fields=["category", "category_number", "groups"])
    first.application, first.answer, first.answered_at = application, NominationAnswer.ACCEPTED, at(2, 9, 8)
    last.answer, last.answered_at = NominationAnswer.DECLINED, at(2, 10, 12)
    last.decline_reason = "Acepté una plaza en mi hospital."
    for one in (first, last):
        one.save(update_fields=["application", "answer", "answered_at", "decline_reason"])
    note(folio=application.folio)
    return call


def _person_of(nomination: Nomination, now: datetime) -> Person:
    person = Person.objects.create(
        given_names=nomination.given_names, first_surname=nomination.first_surname,
        second_surname=nomination.second_surname, birth_date=nomination.birth_date, sex="H", is_invented=True, created_at=now,
    )  # fmt: skip
    IdentityDocument.objects.create(
        person=person, kind=nomination.document_kind, country="SV", number=nomination.document_number
    )
    Consent.objects.create(person=person, notice=PrivacyNotice.objects.latest("version"), at=now)
    return person


def proposal_is_answered() -> bool:
    return Nomination.objects.filter(partner__call__code=SHARED).exclude(answer="").exists()
