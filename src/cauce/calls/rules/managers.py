"""Senior managers: the profile of the post, the shortlist in the frozen order, the reasoned appointment. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from cauce.accounts import roles
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.phrases import phrase as _
from cauce.calls.models import Appointment, Call, CallKind, CallState
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.calls.rules.panels import MOST_WEIGHT

SHORTLIST = 3
MOST_REQUIREMENTS = 20
FEWEST_REASON, MOST_REASON = 40, 1000


class ProfileRefused(Refused):
    """The profile contradicts itself, or a review names what it does not ask."""

    code = "profile_refused"


class ShortlistRefused(Refused):
    """There is no shortlist to make or to change like this."""

    code = "shortlist_refused"


class AppointmentRefused(Refused):
    """The appointment lacks its reasons, or its person is not of the shortlist."""

    code = "appointment_refused"


def read_profile(text: str) -> list[dict[str, Any]]:
    """Read ``Requirement; sí`` (indispensable) or ``Requirement; weight``, a line each.

    Raises ``ProfileRefused`` naming the line.
    """
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.split())
        if not line:
            continue
        label, semicolon, weight = line.rpartition(";")
        weight = weight.strip().casefold()
        must = weight in {"sí", "si", "yes"}
        if not (semicolon and label.strip() and (must or (weight.isdecimal() and 1 <= len(weight) <= 4))):
            raise ProfileRefused(
                _("No se entiende el renglón %(number)s.") % {"number": number},
                _("Escribir «Requisito; sí» si es indispensable, o «Requisito; peso»."), field="profile",
            )  # fmt: skip
        found.append(
            {"key": f"r{len(found) + 1}", "label": label.strip()[:200], "weight": 0 if must else int(weight)}
        )
    if problem := profile_problem(found):
        raise ProfileRefused(problem, _("Corregirlo; no se guardó nada."), field="profile")
    return found


def write_profile(profile: Iterable[Mapping[str, Any]]) -> str:
    return "\n".join(f"{one['label']}; {one['weight'] or 'sí'}" for one in profile)


def profile_problem(profile: Sequence[Mapping[str, Any]]) -> str:
    """Say what contradicts itself, or nothing."""
    if len(profile) > MOST_REQUIREMENTS:
        return _("Son %(count)s requisitos; el máximo es %(most)s.") % {
            "count": len(profile),
            "most": MOST_REQUIREMENTS,
        }
    labels = [one["label"].casefold() for one in profile]
    if len(set(labels)) < len(labels):
        return _("Un requisito está dos veces.")
    if any(one["weight"] > MOST_WEIGHT for one in profile):
        return _("El peso va de 1 a %(most)s.") % {"most": MOST_WEIGHT}
    return ""


def profile_value(
    profile: Sequence[Mapping[str, Any]], met: Collection[str], criterion: Mapping[str, Any]
) -> str:
    """The share of the profile's weights that somebody meets, on the criterion's scale, half rounded up, exactly."""
    most = sum(one["weight"] for one in profile)
    got = sum(one["weight"] for one in profile if one["key"] in met)
    decimals = int(criterion["decimals"])
    high = Decimal(str(criterion["maximum"]))
    units, rest = divmod(int(high * 10**decimals) * got * 2 + most, 2 * most)
    del rest
    whole, part = divmod(units, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def lacking(profile: Sequence[Mapping[str, Any]], met: Collection[str]) -> list[str]:
    """The indispensable requirements that somebody does not meet, by name."""
    return [one["label"] for one in profile if not one["weight"] and one["key"] not in met]


class Standing(NamedTuple):
    """An applicant as the frozen order sees them; ``ticket`` is the lottery's, the smaller first."""

    application: int
    folio: str
    merit: tuple[str, ...]
    ticket: str


def in_order(people: Iterable[Standing]) -> list[Standing]:
    """Everybody, best first: criteria one after the other, higher is better; then the sealed lottery."""
    return sorted(people, key=lambda one: (*(-Decimal(value) for value in one.merit), one.ticket))


# ------------------------------------------------------------------ who may


def may_review_profile(actor: Actor, call: Call) -> Verdict:
    verdict = ALLOWED if actor.holds(roles.CALL_MANAGE, call.institution_id) else Verdict(
        False, _("El perfil lo revisa quien gestiona la convocatoria.")
    )  # fmt: skip
    return verdict.unless(not call.profile, _("Esta convocatoria no tiene perfil.")).unless(
        call.state == CallState.DRAFT, _("La convocatoria es un borrador: todavía no hay solicitudes.")
    )


def may_shortlist(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may make a shortlist or note who declines."""
    verdict = ALLOWED if actor.holds(roles.CALL_MANAGE, call.institution_id) else Verdict(
        False, _("La terna la forma quien gestiona la convocatoria.")
    )  # fmt: skip
    return verdict.unless(
        call.kind != CallKind.MANAGERS, _("Solo las convocatorias de mandos superiores tienen terna.")
    ).unless(call.state == CallState.DRAFT, _("La convocatoria es un borrador."))


def may_sign(actor: Actor, appointment: Appointment, institution_id: int) -> Verdict:
    """Whether the actor may give the second signature: never who proposed."""
    verdict = ALLOWED if actor.holds(roles.ALLOCATION_SIGN, institution_id) else Verdict(
        False, _("El nombramiento lo firma quien da la segunda firma.")
    )  # fmt: skip
    return verdict.unless(
        appointment.proposed_by_id == actor.user_id,
        _("Quien propone no firma."), _("Lo firma otra persona con ese cargo."),
    )  # fmt: skip


def reason_problem(text: str) -> str:
    """Say why these are no published reasons, or nothing."""
    if len(text) < FEWEST_REASON:
        return _("Faltan las razones: se publican con el nombramiento.")
    if len(text) > MOST_REASON:
        return _("Son %(count)s letras; caben %(most)s.") % {"count": len(text), "most": MOST_REASON}
    return ""


def fingerprint_of(appointment: Appointment) -> str:
    """Sixteen digits that differ when person or reasons do."""
    return digest_of(canonical({"entry": appointment.entry_id, "reason": appointment.reason}))[:16]
