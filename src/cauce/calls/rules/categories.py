"""What people may apply as, what proves it, and which seats that opens to them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.base import figures
from cauce.base.errors import Refused, Verdict
from cauce.calls.models import Category
from cauce.calls.rules.design import OPEN, Design, classes_of
from cauce.calls.rules.drafting import Part

LONGEST_NUMBER = 30


class CategoryRefused(Refused):
    """The person cannot apply as that, or a number is missing."""

    code = "category_refused"


@dataclass(frozen=True, slots=True)
class Categories(Part):
    """Who a draft says may apply: ``[{"key", "group"}]`` in the order of ``Category``; empty: no difference is made.

    ``group`` is the class of seats kept for the category, "" for none; that of
    who is proposed by a partner institute is the partner's (``CallPartner``).
    """

    categories: list[dict[str, str]] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [one["key"] for one in self.categories]

    def group_of(self, category: str) -> str:
        return next((one["group"] for one in self.categories if one["key"] == category), "")


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """A partner of a call as it is frozen. ``group`` is a class of seats of the call."""

    institution: str
    name: str
    country: str
    group: str
    closes_at: datetime
    most: int | None
    stipend_note: str
    service_note: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person's documents say, as far as categories go. ``is_proposed``: they accepted a partner's proposal."""

    has_curp: bool
    born_in_mexico: bool
    has_foreign_document: bool
    is_proposed: bool = False


PROOFS = {
    Category.MEXICAN: gettext_lazy("Acta de nacimiento o carta de naturalización."),
    Category.FOREIGN: gettext_lazy("Pasaporte vigente y, si ya la tienes, tu CURP."),
    Category.ARMED_FORCES: gettext_lazy("Oficio de la SEDENA o la SEMAR con tu matrícula."),
    Category.PARTNER: gettext_lazy("La propuesta firmada de tu instituto, que aceptaste en tu cuenta."),
}
NUMBERS = {
    Category.MEXICAN: gettext_lazy("CURP"),
    Category.FOREIGN: gettext_lazy("Pasaporte o folio temporal"),
    Category.ARMED_FORCES: gettext_lazy("Matrícula de la SEDENA o la SEMAR"),
    Category.PARTNER: gettext_lazy("Número de personal de tu instituto"),
}


def possible(who: Identity) -> list[Category]:
    """Return what documents let a person apply as, the plainest first.

    Whoever was born in Mexico is Mexican, whatever other passport they hold. A CURP of somebody born abroad says
    nothing of their nationality: they say it, and prove it.
    """
    found = []
    if who.has_curp and (who.born_in_mexico or not who.has_foreign_document):
        found.append(Category.MEXICAN)
    if not who.born_in_mexico:
        found.append(Category.FOREIGN)
    if who.has_curp and not who.born_in_mexico and who.has_foreign_document:
        found.append(Category.MEXICAN)
    if who.has_curp and Category.MEXICAN in found:
        found.append(Category.ARMED_FORCES)
    return [Category.PARTNER, *found] if who.is_proposed else found


def open_to(who: Identity, admitted: Collection[str]) -> list[Category]:
    """Return the categories of the call that the person may choose from; a proposal decides alone."""
    found = [one for one in possible(who) if one in admitted]
    return [Category.PARTNER] if Category.PARTNER in found else found


def only_one(who: Identity, admitted: Collection[str]) -> Category | None:
    """Return the category that follows from the documents alone, if there is no choice and no number to tell."""
    found = open_to(who, admitted)
    return found[0] if len(found) == 1 and found[0] != Category.ARMED_FORCES else None


def may_apply_as_any(who: Identity, admitted: Collection[str], invitations: int = 0) -> Verdict:
    """Whether the call admits the person at all; ``invitations`` are proposals that they have not answered."""
    if not admitted or open_to(who, admitted):
        return Verdict(True)
    labels = ", ".join(str(Category(one).label) for one in admitted)
    reason = _("Esta convocatoria solo admite a personas de estas categorías: %(labels)s.") % {
        "labels": labels
    }
    if invitations:
        return Verdict(False, reason, _("Responde la propuesta de tu instituto en «Mi inicio»."))
    if Category.PARTNER in admitted:
        return Verdict(
            False, reason,
            _("Si un instituto te propone, aquí aparece su propuesta cuando tu documento es el que escribió."),
        )  # fmt: skip
    return Verdict(False, reason, _("Revisa los documentos de tu cuenta: de ellos sale tu categoría."))


def check_category(category: str, number: str, who: Identity, admitted: Collection[str]) -> str:
    """Return the number as it is kept. Raises ``CategoryRefused`` for a category that is not open to the person."""
    if category not in open_to(who, admitted):
        raise CategoryRefused(
            _("Con tus documentos no puedes postularte en esa categoría."),
            _("Elige una de la lista, o agrega a tu cuenta el documento que lo dice."),
            field="category",
        )
    number = "".join(number.split()).upper()
    if category != Category.ARMED_FORCES:
        return ""
    if not (number.isascii() and number.replace("-", "").isalnum() and 4 <= len(number) <= LONGEST_NUMBER):
        raise CategoryRefused(
            _("Falta tu matrícula, o no es una: de 4 a 30 letras y números."),
            _("Cópiala de tu credencial de la SEDENA o la SEMAR."),
            field="number",
        )
    return number


# ------------------------------------------------------------------- seats


def reaches(design: Design, seats: int, reserved: Mapping[str, int], groups: Collection[str]) -> bool:
    """Whether somebody of these groups may ever get a seat of a post: an open one, one of theirs, or one that turns into those."""
    classes = classes_of(design, seats, reserved)
    if not classes:
        return True
    turns = {key: to for key, _seats, to in classes}
    for key, count, _to in classes:
        at, seen = key if count else "", set()
        while at and at not in seen:
            if at == OPEN or at in groups:
                return True
            seen.add(at)
            at = turns.get(at, "")
    return False


# ------------------------------------------------------------------- linter


@dataclass(frozen=True, slots=True)
class CategoryFault:
    """What contradicts itself in the categories of a call."""

    code: str
    about: str
    place: str
    sentence: str
    remedy: str
    blocks: bool = True


def category_faults(
    declared: Categories,
    partners: Sequence[PartnerFacts],
    design: Design,
    posts: Sequence[Any],
    *,
    opens_at: datetime,
    closes_at: datetime,
) -> Iterator[CategoryFault]:
    """Yield what is wrong: classes that do not exist, a category that reaches no seat, a class nobody can be of."""
    known = {one["key"] for one in design.groups}
    for one in declared.categories:
        if one["key"] != Category.PARTNER:
            yield from _category(one["key"], one["group"], design, posts, known)
    yield from _partners(declared, partners, design, posts, known)
    for partner in partners:
        yield from _deadline(partner, opens_at, closes_at)
    if declared.categories:
        used = {one["group"] for one in declared.categories} | {one.group for one in partners}
        for key in sorted(known - used):
            yield CategoryFault(
                "class-without-category", key, _("Clase «%(label)s»") % {"label": design.label_of(key)},
                _("Ninguna categoría lleva a ella: solo es de ella quien la institución diga, folio por folio."),
                _("Unirla a una categoría, o confirmar que así se quiere."), blocks=False,
            )  # fmt: skip


def _category(
    key: str, group: str, design: Design, posts: Sequence[Any], known: Collection[str]
) -> Iterator[CategoryFault]:
    place = _("Categoría «%(label)s»") % {"label": Category(key).label}
    if group and group not in known:
        yield CategoryFault(
            "category-unknown-class", key, place,
            _("Lleva a la clase «%(group)s», que no existe.") % {"group": group},
            _("Elegir una clase de «Cómo se asigna», o ninguna."),
        )  # fmt: skip
    elif posts and not any(reaches(design, post.seats, post.reserved, {group}) for post in posts):
        yield CategoryFault(
            "category-unreachable", key, place,
            _("No puede obtener ningún lugar: todas las plazas se guardan para otras."),
            _("Dejar lugares abiertos, guardarle algunos, o no admitirla."),
        )  # fmt: skip


def _partners(
    declared: Categories,
    partners: Sequence[PartnerFacts],
    design: Design,
    posts: Sequence[Any],
    known: Collection[str],
) -> Iterator[CategoryFault]:
    label = Category.PARTNER.label
    if Category.PARTNER in declared.keys and not partners:
        yield CategoryFault(
            "partner-category-without-partner", "", _("Categoría «%(label)s»") % {"label": label},
            _("Se admite, pero ningún instituto puede proponer a nadie: es inalcanzable."),
            _("Agregar el instituto socio, o no admitirla."),
        )  # fmt: skip
    for partner in partners:
        place = _("Instituto socio %(name)s") % {"name": partner.name}
        if Category.PARTNER not in declared.keys:
            yield CategoryFault(
                "partner-not-admitted", partner.institution, place,
                _("Puede proponer, pero la convocatoria no admite esa categoría: nadie podría postularse."),
                _("Admitir la categoría «%(label)s», o quitar el instituto.") % {"label": label},
            )  # fmt: skip
        if partner.group not in known:
            yield CategoryFault(
                "partner-unknown-class", partner.institution, place,
                _("Su clase «%(group)s» no existe.") % {"group": partner.group},
                _("Elegir una clase de «Cómo se asigna»."),
            )  # fmt: skip
        elif posts and not any(post.reserved.get(partner.group) for post in posts):
            yield CategoryFault(
                "partner-without-seats", partner.institution, place,
                _("Ninguna plaza guarda lugares para su clase."),
                _("Guardarle lugares en la tabla de lugares, o quitar el instituto."),
            )  # fmt: skip


def _deadline(partner: PartnerFacts, opens_at: datetime, closes_at: datetime) -> Iterator[CategoryFault]:
    if partner.closes_at >= closes_at:
        yield CategoryFault(
            "partner-closes-late", partner.institution, _("Instituto socio %(name)s") % {"name": partner.name},
            _("Su propuesta cierra el %(moment)s, con la convocatoria o después: sus candidatos no podrían postularse.")
            % {"moment": figures.moment(partner.closes_at)},
            _("Cerrar la propuesta antes, para que dé tiempo de aceptar y ordenar."),
        )  # fmt: skip


def documents(declared: Categories, partners: Sequence[PartnerFacts], moment: Any) -> dict[str, Any]:
    """Return the categories as they are frozen; ``moment`` writes a time."""
    return {
        "admitted": [dict(sorted(one.items())) for one in declared.categories],
        "partners": [
            {
                "institution": one.institution, "group": one.group, "closes_at": moment(one.closes_at),
                "most": one.most, "stipend": one.stipend_note, "service": one.service_note,
            }
            for one in sorted(partners, key=lambda one: one.institution)
        ],
    }  # fmt: skip
