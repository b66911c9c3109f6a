"""Requests about personal data, duplicates, lost accounts: what may be done, by whom, and how long it may take."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations

from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import (
    AccountRecovery,
    DataRequest,
    DataRequestState,
    MergeState,
    PersonMerge,
    RecoveryState,
)
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict

# Working days. Ley General de Protección de Datos Personales en Posesión de Sujetos Obligados (DOF 20-03-2025): the
# answer within 20, which may be extended once by 10, and what is granted carried out within 15.
ANSWER_DAYS, EXTENSION_DAYS, EFFECT_DAYS = 20, 10, 15
LONGEST_TEXT = 2000
UNDO_WITHIN = timedelta(days=30)
RECOVERY_DAYS = 3  # working days for whoever reads the old address


def may_care(actor: Actor) -> Verdict:
    """Whether the actor is of the office for people and their data."""
    if actor.holds(roles.PERSON_CARE):
        return ALLOWED
    return Verdict(False, _("Esto lo atiende la unidad de datos personales."))


# -------------------------------------------------------------------- rights


def may_withdraw_request(actor: Actor, request: DataRequest) -> Verdict:
    return ALLOWED.unless(
        request.person_id != actor.person_id, _("Esa solicitud es de otra persona.")
    ).unless(request.state != DataRequestState.OPEN, _("Esa solicitud ya está respondida."))


def may_answer_request(actor: Actor, request: DataRequest) -> Verdict:
    return (
        may_care(actor)
        .unless(request.person_id == actor.person_id, _("Nadie responde su propia solicitud."))
        .unless(request.state != DataRequestState.OPEN, _("Esta solicitud ya está respondida o retirada."))
    )


def may_extend_request(actor: Actor, request: DataRequest, *, now: datetime) -> Verdict:
    """The clock of the answer is extended once, and before it has run out."""
    return (
        may_answer_request(actor, request)
        .unless(
            request.extended_at is not None, _("El plazo ya se amplió una vez, y la ley no permite otra.")
        )
        .unless(now >= request.due_at, _("El plazo ya venció: no se puede ampliar."), _("Responder ahora."))
    )


def may_fulfil_request(actor: Actor, request: DataRequest) -> Verdict:
    return may_care(actor).unless(
        request.state != DataRequestState.GRANTED, _("Solo se cumple lo que se dijo que procede.")
    )


# ---------------------------------------------------------------- duplicates


@dataclass(frozen=True, slots=True)
class Known:
    """What the finder of duplicates knows of a person. ``curp`` is never a generic one."""

    id: int
    name: str
    birth_date: date
    curp: str


def normalized(*names: str) -> str:
    """Return names in capitals, without accents and with single spaces; Ñ stays."""
    text = unicodedata.normalize("NFD", " ".join(names).upper().replace("Ñ", "\0"))
    return " ".join("".join(c for c in text if not unicodedata.combining(c)).replace("\0", "Ñ").split())


SAME_NAME, SAME_ROOT, NEAR_NAME = "same_name", "same_root", "near_name"


def likeness(one: Known, other: Known) -> str:
    """Return why two people may be one, "" if nothing says so: equal names, CURPs of one root, or two letters apart.

    Asked of people with the same date of birth. Generic CURPs say nothing (F22).
    """
    if one.name == other.name:
        return SAME_NAME
    if one.curp and other.curp and one.curp[:16] == other.curp[:16] and _apart(one.name, other.name, 6) <= 6:
        return SAME_ROOT
    if one.curp and other.curp and one.curp[:10] != other.curp[:10]:
        return ""
    return NEAR_NAME if _apart(one.name, other.name, 2) <= 2 else ""


def likely(people: Sequence[Known]) -> Iterator[tuple[Known, Known, str]]:
    """Yield the pairs that may be one human being. Only people with one date of birth are compared."""
    by_birth: dict[date, list[Known]] = {}
    for one in people:
        by_birth.setdefault(one.birth_date, []).append(one)
    for group in by_birth.values():
        for one, other in combinations(group, 2):
            if why := likeness(one, other):
                yield one, other, why


def _apart(one: str, other: str, most: int) -> int:
    """How many letters to add, take or change make ``other`` of ``one``; ``most + 1`` as soon as it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, theirs in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != theirs))
        if min(row) > most:
            return most + 1
    return row[-1]


def why_words(why: str) -> str:
    return {
        SAME_NAME: _("Mismo nombre y misma fecha de nacimiento"),
        SAME_ROOT: _("La misma CURP salvo sus dos últimos caracteres"),
        NEAR_NAME: _("Nombres a dos letras o menos y misma fecha de nacimiento"),
    }[why]


def may_confirm_merge(actor: Actor, merge: PersonMerge) -> Verdict:
    """Four eyes: never who proposed it."""
    return (
        may_care(actor)
        .unless(merge.state != MergeState.PROPOSED, _("Esta unión ya está decidida."))
        .unless(
            merge.proposed_by_id == actor.user_id,
            _("Tú la propusiste: la confirma otra persona de la unidad."),
        )
    )


def may_undo_merge(actor: Actor, merge: PersonMerge, *, now: datetime) -> Verdict:
    verdict = may_care(actor).unless(merge.state != MergeState.DONE, _("Aquí no hay nada que separar."))
    if verdict and merge.decided_at is not None and now > merge.decided_at + UNDO_WITHIN:
        return Verdict(
            False,
            _("Se unieron el %(day)s; solo se separan en los 30 días siguientes.")
            % {"day": figures.day(merge.decided_at)},
        )
    return verdict


# ------------------------------------------------------------------ recovery


def may_complete_recovery(actor: Actor, recovery: AccountRecovery, *, now: datetime) -> Verdict:
    return _may_decide(actor, recovery).unless(
        now < recovery.waits_until,
        _("Todavía corre la espera: quien lea el correo anterior puede detenerlo hasta el %(moment)s.")
        % {"moment": figures.moment(recovery.waits_until, zone=True)},
    )


def may_refuse_recovery(actor: Actor, recovery: AccountRecovery) -> Verdict:
    return _may_decide(actor, recovery)


def _may_decide(actor: Actor, recovery: AccountRecovery) -> Verdict:
    return (
        may_care(actor)
        .unless(recovery.state != RecoveryState.ASKED, _("Este cambio ya está decidido."))
        .unless(recovery.user_id == actor.user_id, _("Nadie decide sobre su propia cuenta."))
    )
