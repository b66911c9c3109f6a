"""Interviews by a panel: the frozen rubric, who may score whom, and the one exact value that sheets give. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy

from cauce.accounts import roles
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.phrases import phrase as _
from cauce.calls.models import Call, CallState, Interview
from cauce.calls.rules.canonical import canonical, digest_of

PANEL, PROFILE = "panel", "profile"
RECORDED = (PANEL, PROFILE)
MOST_CRITERIA, MOST_POINTS, MOST_WEIGHT, MOST_PANELLISTS = 12, 10, 1000, 9
FEWEST_LETTERS, MOST_LETTERS = 20, 600
MOST_TURNS = 2


class Combine(models.TextChoices):
    MEDIAN = "median", gettext_lazy("La de en medio (mediana)")
    MEAN = "mean", gettext_lazy("El promedio exacto (media)")


class Absent(models.TextChoices):
    LOWEST = "lowest", gettext_lazy("Se queda con cero")
    SECOND = "second", gettext_lazy("Tiene una segunda fecha; si falta otra vez, se queda con cero")


class RubricRefused(Refused):
    """The rubric contradicts itself; the sentence says where."""

    code = "rubric_refused"


class SheetRefused(Refused):
    """The sheet is not what the rubric asks for."""

    code = "sheet_refused"


class InterviewRefused(Refused):
    """The panel or the appointment cannot be as it was sent."""

    code = "interview_refused"


def is_recorded(criterion: Mapping[str, Any]) -> bool:
    """Whether the criterion's value may only come from what panels or profile reviews recorded, never from a file."""
    return criterion.get("source") in RECORDED


def is_loaded(criterion: Mapping[str, Any]) -> bool:
    """Whether the institution brings the criterion in files: neither declared nor recorded."""
    return not criterion.get("declared") and not is_recorded(criterion)


def without_recorded(criteria: Sequence[Mapping[str, Any]], merit: Sequence[str]) -> tuple[str, ...]:
    """The values of somebody with those that can only be recorded left out, however they came in."""
    return tuple("" if is_recorded(each) else value for each, value in zip(criteria, merit, strict=True))


def as_brought(criteria: Sequence[Mapping[str, Any]], merit: Sequence[str]) -> list[str]:
    """The values that a sending had: what is recorded afterwards is not part of its receipt."""
    if not any(map(is_recorded, criteria)) or len(merit) != len(criteria):
        return list(merit)
    values = list(without_recorded(criteria, merit))
    return values if any(values) else []


def panel_place(criteria: Sequence[Mapping[str, Any]], source: str = PANEL) -> int | None:
    """Where in the order the criterion with this source stands, if there is one."""
    return next((at for at, each in enumerate(criteria) if each.get("source") == source), None)


# -------------------------------------------------------------------- rubric


@dataclass(frozen=True, slots=True)
class Level:
    points: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that the panel looks at, with its weight and what each level means."""

    key: str
    label: str
    weight: int
    levels: tuple[Level, ...]

    @property
    def most(self) -> int:
        return max(level.points for level in self.levels)

    def anchor_of(self, points: int) -> str:
        return next((level.anchor for level in self.levels if level.points == points), "")


@dataclass(frozen=True, slots=True)
class Rubric:
    """How interviews are scored. ``threshold`` is in the units of the call's criterion, an exact decimal."""

    asked: tuple[Asked, ...] = ()
    combine: str = Combine.MEDIAN
    quorum: int = 3
    threshold: str = "20"
    absent: str = Absent.LOWEST

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Read what ``document`` wrote; an empty one is no rubric."""
        if not kept:
            return cls()
        asked = tuple(
            Asked(
                one["key"], one["label"], one["weight"],
                tuple(Level(level["points"], level["anchor"]) for level in one["levels"]),
            )
            for one in kept["criteria"]
        )  # fmt: skip
        return cls(asked, kept["combine"], kept["quorum"], kept["threshold"], kept["absent"])

    def document(self) -> dict[str, Any]:
        """The rubric as it is kept and frozen; nothing where nothing is asked."""
        if not self.asked:
            return {}
        return {
            "criteria": [
                {
                    "key": one.key, "label": one.label, "weight": one.weight,
                    "levels": [{"points": level.points, "anchor": level.anchor} for level in one.levels],
                }
                for one in self.asked
            ],
            "combine": self.combine, "quorum": self.quorum, "threshold": self.threshold,
            "absent": self.absent, "rounding": "half_up",
        }  # fmt: skip

    @property
    def fingerprint(self) -> str:
        return digest_of(canonical({"rubric": self.document()}))[:16]

    @property
    def most(self) -> int:
        """The total of a sheet with the highest level everywhere."""
        return sum(one.weight * one.most for one in self.asked)

    def total(self, levels: Mapping[str, int]) -> int:
        """The weighted total of a complete sheet, a whole number."""
        return sum(one.weight * levels[one.key] for one in self.asked)


def rubric_problem(rubric: Rubric) -> str:
    """Say what contradicts itself in the rubric, or nothing."""
    if not rubric.asked:
        return _("La rúbrica no pregunta nada.")
    if len(rubric.asked) > MOST_CRITERIA:
        return _("La rúbrica tiene %(count)s criterios; el máximo es %(most)s.") % {
            "count": len(rubric.asked), "most": MOST_CRITERIA,
        }  # fmt: skip
    for one in rubric.asked:
        if problem := _asked_problem(one, [each.key for each in rubric.asked]):
            return problem
    if not 1 <= rubric.quorum <= MOST_PANELLISTS:
        return _("Califican de 1 a %(most)s personas.") % {"most": MOST_PANELLISTS}
    try:
        threshold = Decimal(rubric.threshold)
    except InvalidOperation:
        return _("La diferencia que pide conciliar debe ser un número.")
    if not threshold.is_finite() or threshold < 0:
        return _("La diferencia que pide conciliar no puede ser negativa.")
    return ""


def _asked_problem(one: Asked, keys: list[str]) -> str:
    facts = {"label": one.label, "most": MOST_WEIGHT}
    if keys.count(one.key) > 1:
        return _("El criterio «%(label)s» está dos veces.") % facts
    if not 1 <= one.weight <= MOST_WEIGHT:
        return _("El peso de «%(label)s» va de 1 a %(most)s, sin decimales.") % facts
    points = [level.points for level in one.levels]
    if len(points) < 2:
        return _("«%(label)s» necesita al menos dos niveles.") % facts
    if points != sorted(set(points)) or not points[0] >= 0 or points[-1] > MOST_POINTS or not points[-1]:
        return _("Los niveles de «%(label)s» van de menos a más, sin repetirse, entre 0 y 10.") % facts
    if any(not level.anchor.strip() for level in one.levels):
        return _("Un nivel de «%(label)s» no dice qué significa.") % facts
    return ""


def read_rubric(text: str) -> tuple[Asked, ...]:
    """Read a rubric as it is typed: a line ``Name; weight``, then a line ``points: meaning`` for each level.

    Raises ``RubricRefused`` naming the line.
    """
    asked: list[tuple[str, int, list[Level]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.split())
        if not line:
            continue
        points, colon, anchor = line.partition(":")
        if colon and points.strip().isdecimal() and len(points) < 4:
            if not asked:
                raise _unread(number, _("Un nivel va debajo del nombre de su criterio."))
            asked[-1][2].append(Level(int(points), anchor.strip()[:300]))
            continue
        label, semicolon, weight = line.rpartition(";")
        if not semicolon or not weight.strip().isdecimal() or len(weight.strip()) > 4 or not label.strip():
            raise _unread(number, _("Escribir «Nombre; peso», o «puntos: qué significa»."))
        asked.append((label.strip()[:120], int(weight), []))
    return tuple(
        Asked(f"c{at}", label, weight, tuple(levels)) for at, (label, weight, levels) in enumerate(asked, 1)
    )


def _unread(number: int, remedy: str) -> RubricRefused:
    return RubricRefused(
        _("No se entiende el renglón %(number)s.") % {"number": number}, remedy, field="criteria"
    )


def write_rubric(asked: Sequence[Asked]) -> str:
    """The criteria as ``read_rubric`` reads them."""
    return "\n\n".join(
        "\n".join([f"{one.label}; {one.weight}", *(f"{each.points}: {each.anchor}" for each in one.levels)])
        for one in asked
    )


# --------------------------------------------------------------------- value


def value_of(rubric: Rubric, totals: Sequence[int], criterion: Mapping[str, Any]) -> str:
    """The exact value that sealed sheets with these totals give, with the criterion's decimals, half rounded up."""
    shares = [Fraction(total) for total in totals]
    middle = median(shares) if rubric.combine == Combine.MEDIAN else sum(shares, Fraction(0)) / len(shares)
    return _written(_scaled(rubric, middle, criterion), int(criterion["decimals"]))


def lowest_value(criterion: Mapping[str, Any]) -> str:
    """What somebody gets who does not come."""
    return _written(Fraction(0), int(criterion["decimals"]))


def spread_of(rubric: Rubric, totals: Sequence[int], criterion: Mapping[str, Any]) -> Fraction:
    """How far the highest sheet is from the lowest, in the units of the criterion."""
    return _scaled(rubric, Fraction(max(totals) - min(totals)), criterion)


def asks_reconciling(rubric: Rubric, totals: Sequence[int], criterion: Mapping[str, Any]) -> bool:
    return spread_of(rubric, totals, criterion) > Fraction(rubric.threshold)


def _scaled(rubric: Rubric, total: Fraction, criterion: Mapping[str, Any]) -> Fraction:
    return Fraction(str(criterion["maximum"])) * total / rubric.most


def _written(value: Fraction, decimals: int) -> str:
    units = int(value * 10**decimals + Fraction(1, 2))  # never negative: the lowest is zero
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


# --------------------------------------------------------------------- faults


@dataclass(frozen=True, slots=True)
class Lack:
    """What the order rule and the rubric, or the profile, lack of one another."""

    code: str
    sentence: str
    remedy: str


def rubric_lacks(
    criteria: Sequence[Mapping[str, Any]], rubric: Mapping[str, Any], profile: Sequence[Mapping[str, Any]]
) -> Iterator[Lack]:
    """Yield what is missing so that every recorded criterion can be computed, and nothing is recorded in vain."""
    for source, has, lacking, vain in (
        (PANEL, bool(rubric), _("El orden pide una entrevista, y no hay rúbrica."),
         _("Hay rúbrica, y ningún criterio del orden sale de ella.")),
        (PROFILE, any(one["weight"] for one in profile), _("El orden pide el perfil, y ningún requisito tiene peso."),
         _("El perfil tiene pesos, y ningún criterio del orden sale de él.")),
    ):  # fmt: skip
        those = [each for each in criteria if each.get("source") == source]
        if those and not has:
            yield Lack(f"{source}-missing", lacking, _("Escribirla en Rúbrica, o en Perfil."))
        if has and not those:
            yield Lack(f"{source}-unused", vain, _("Agregar el criterio en Orden y desempates, o quitarla."))
        if len(those) > 1:
            yield Lack(f"{source}-twice", _("Dos criterios del orden salen de lo mismo."), _("Dejar uno."))
        for each in those:
            if each.get("declared"):
                yield Lack(
                    f"{source}-declared",
                    _("Lo que registra un jurado no lo declara nadie."),
                    _("Corregirlo."),
                )
            if Fraction(str(each.get("minimum", 0))) != 0:
                yield Lack(
                    f"{source}-from-zero", _("Lo que se califica empieza en cero."), _("Poner 0 de mínimo.")
                )


# ------------------------------------------------------------------ who may


LONGEST = 240  # minutes of an interview


class Stage(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    SEALING = "sealing"
    RECONCILE = "reconcile"
    CLOSED = "closed"


def may_manage_panels(actor: Actor, call: Call) -> Verdict:
    """Whether the actor may name panels and set appointments: from publication until the lists are fixed."""
    verdict = (
        ALLOWED
        if actor.holds(roles.CALL_MANAGE, call.institution_id)
        else Verdict(False, _("Los jurados los nombra quien gestiona la convocatoria."))
    )
    verdict = verdict.unless(
        call.state == CallState.DRAFT,
        _("La convocatoria es un borrador: todavía no hay a quién entrevistar."),
        _("Publicarla y esperar las solicitudes."),
    )
    return _before_lists_fixed(verdict, call)


def may_score(
    actor: Actor, interview: Interview, *, is_member: bool, is_recused: bool, is_sealed: bool, now: datetime
) -> Verdict:
    """Whether the actor may write a sheet of this interview: alone, after it begins, once."""
    call = interview.panel.call
    verdict = (
        ALLOWED
        if is_member and actor.holds(roles.PANEL_SCORE, call.institution_id)
        else Verdict(False, _("Solo califica quien es de este jurado."))
    )
    for stands, reason in (
        (is_recused, _("Te excusaste de esta entrevista: la califica el resto del jurado.")),
        (is_sealed, _("Tu hoja está sellada: ya no cambia.")),
        (interview.closed_at is not None, _("Esta entrevista ya se cerró.")),
        (now < interview.starts_at, _("La entrevista todavía no empieza.")),
    ):
        verdict = verdict.unless(stands, reason)
    return _before_lists_fixed(verdict, call)


def may_recuse(actor: Actor, interview: Interview, *, is_member: bool, is_sealed: bool) -> Verdict:
    """Whether the actor may declare a conflict of interest: at any time before sealing."""
    verdict = ALLOWED if is_member else Verdict(False, _("Solo se excusa quien es de este jurado."))
    return verdict.unless(
        is_sealed, _("Tu hoja está sellada."), _("Avisa a quien gestiona la convocatoria.")
    ).unless(interview.closed_at is not None, _("Esta entrevista ya se cerró."))


def _before_lists_fixed(verdict: Verdict, call: Call) -> Verdict:
    return verdict.unless(
        call.results_published_at is not None,
        _("Los resultados ya se publicaron: con estas hojas se decidieron."),
    )


def stage(
    interview: Interview, *, scoring: int, totals: Sequence[int], rubric: Rubric, criterion: Mapping[str, Any],
    now: datetime,
) -> Stage:  # fmt: skip
    """Where an interview stands; ``scoring`` members are not recused, and sealed sheets have ``totals``."""
    if interview.closed_at is not None:
        return Stage.CLOSED
    if now < interview.starts_at:
        return Stage.WAITING
    if len(totals) < max(scoring, rubric.quorum):
        return Stage.SEALING if totals else Stage.OPEN
    if asks_reconciling(rubric, totals, criterion) and not interview.reconciliation:
        return Stage.RECONCILE
    return Stage.CLOSED


def levels_of(rubric: Rubric, sent: Mapping[str, Any], *, whole: bool) -> dict[str, int]:
    """The levels of a sheet as sent, checked. Raises ``SheetRefused`` for a level that is not there, or one missing."""
    levels = {}
    for one in rubric.asked:
        points = sent.get(one.key)
        if points is None or points == "":
            if whole:
                raise SheetRefused(
                    _("Falta el nivel de «%(label)s».") % {"label": one.label},
                    _("Elegir uno antes de sellar."), field=one.key,
                )  # fmt: skip
            continue
        if points not in {level.points for level in one.levels}:
            raise SheetRefused(
                _("«%(label)s» no tiene ese nivel.") % {"label": one.label}, _("Elegir uno de la rúbrica."),
                field=one.key,
            )  # fmt: skip
        levels[one.key] = int(points)
    return levels


def sheet_digest(folio: str, panellist: int, levels: Mapping[str, int], note: str, rules: str) -> str:
    """The SHA-256 of a sealed sheet, tied to the rules (their digest) under which it was written."""
    return digest_of(
        canonical(
            {
                "format": "cauce-sheet/1", "folio": folio, "panellist": panellist, "levels": dict(levels),
                "note": note, "rules": rules,
            }
        )
    )  # fmt: skip


def words_problem(text: str) -> str:
    """Say why these are no words to reconcile sheets, or give reasons, with; or nothing."""
    if len(text) < FEWEST_LETTERS:
        return _("Falta decir por qué, en una frase.")
    if len(text) > MOST_LETTERS:
        return _("Son %(count)s letras; caben %(most)s.") % {"count": len(text), "most": MOST_LETTERS}
    return ""


def names_of(keys: Collection[str], rubric: Rubric) -> list[str]:
    return [one.label for one in rubric.asked if one.key in keys]
