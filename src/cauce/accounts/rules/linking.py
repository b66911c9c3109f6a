"""When a CURP arrives after its holder has registered without one: may it be added, and is it theirs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from cauce.accounts.models import DocumentKind, Sex
from cauce.accounts.rules.curp import Curp, CurpRefused
from cauce.accounts.rules.names import name_doubts
from cauce.base import figures
from cauce.base.errors import ALLOWED, Refused, Verdict


class CurpDoubtful(Refused):
    """The CURP may be right, but says something unexpected that its holder has not yet confirmed."""

    code = "curp_doubtful"


def may_link_curp(kinds: Collection[str]) -> Verdict:
    """Whether somebody who identifies with documents of these kinds, generic CURPs left out, may add their CURP."""
    return ALLOWED.unless(
        DocumentKind.CURP in kinds,
        _("Tu cuenta ya tiene tu CURP."),
        _("Si está mal, pide su rectificación como dice el aviso de privacidad."),
    ).unless(
        DocumentKind.FOLIO not in kinds,
        _("Solo se agrega una CURP a una cuenta que tiene folio temporal."),
    )


def check_same_person(curp: Curp, *, birth_date: date, sex: str) -> None:
    """Raise ``CurpRefused`` unless ``curp`` can be the CURP of somebody born then, of that sex, and nobody else's too."""
    if curp.is_generic or curp.birth_date is None:
        raise CurpRefused(
            _("Esa CURP es la genérica de personas extranjeras y no identifica a nadie."),
            _("Escribe la tuya, la que dice tu constancia."),
            field="curp",
        )
    if curp.birth_date != birth_date:
        facts = {"told": figures.day(curp.birth_date), "held": figures.day(birth_date)}
        raise _mismatch(_("Esta CURP dice que naciste el %(told)s, y tu registro, el %(held)s.") % facts)
    if curp.sex != sex:
        facts = {"told": str(Sex(curp.sex).label).lower(), "held": str(Sex(sex).label).lower()}
        raise _mismatch(_("Esta CURP dice sexo %(told)s, y tu registro, %(held)s.") % facts)


def _mismatch(message: str) -> CurpRefused:
    remedy = _(
        "Revisa la CURP. Si lo que está mal es tu registro, pide su rectificación como dice el aviso de privacidad."
    )
    return CurpRefused(message, remedy, field="curp")


def linking_doubts(
    curp: Curp, *, given_names: str, first_surname: str, second_surname: str
) -> tuple[str, ...]:
    """Return what ``curp`` says that its holder must confirm: names by field, and ``birth_state``.

    Who registered without a CURP was most likely born abroad, and then its state is NE.
    """
    names = name_doubts(
        curp, given_names=given_names, first_surname=first_surname, second_surname=second_surname
    )
    return names if curp.is_generic or curp.born_abroad else (*names, "birth_state")
