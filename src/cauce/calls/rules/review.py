"""How documents are reviewed: who may decide what, what a decision leads to, and which are looked at twice. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.accounts import roles
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.workdays import due_by
from cauce.calls.models import Call, Finding, Requirement, Review, ReviewCase, Stage

LEASE = timedelta(minutes=30)
CHECKED_PERCENT = 5
LONGEST_REMARK = 600

REASONS = {
    "unreadable": gettext_lazy("No se lee"),
    "incomplete": gettext_lazy("Le faltan páginas o un lado"),
    "expired": gettext_lazy("No está vigente"),
    "other_document": gettext_lazy("Es otro documento"),
    "other_person": gettext_lazy("No parece de la misma persona que los demás documentos"),
    "not_recognised": gettext_lazy("Lo expide quien no está reconocido"),
    "altered": gettext_lazy("Tiene señales de alteración"),
    "missing": gettext_lazy("No se presentó"),
}


class DecisionRefused(Refused):
    """A decision that says too little, or what its documents do not allow."""

    code = "decision_refused"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reviewer says of one document: the evidence that was seen, or ``None`` if none was handed in."""

    requirement: str
    evidence: int | None
    finding: str
    reason: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Mark:
        return cls(row["requirement"], row["evidence"], row["finding"], row["reason"])

    @property
    def is_accepted(self) -> bool:
        return self.finding == Finding.ACCEPT


def may_review(actor: Actor, call: Call) -> Verdict:
    if actor.user_id is not None and actor.holds(roles.DOCUMENT_REVIEW, call.institution_id):
        return ALLOWED
    return Verdict(False, _("Los expedientes los revisa quien tiene ese encargo en la institución."))


def may_decide(actor: Actor, case: ReviewCase) -> Verdict:
    """Whether the case is in the actor's hands. A lease that ran out does no harm until somebody else takes the case."""
    verdict = may_review(actor, case.call)
    if not verdict:
        return verdict
    if case.claimed_by_id != actor.user_id:
        return Verdict(
            False,
            _("Este expediente ya no está en tus manos."),
            _("Toma otro de la fila; lo que no se guardó no cuenta."),
        )
    return ALLOWED


def finding_of(marks: Iterable[Mark]) -> str:
    """Return what the marks of the documents amount to: the gravest."""
    found = {mark.finding for mark in marks}
    return (
        Finding.EXCLUDE
        if Finding.EXCLUDE in found
        else Finding.OBSERVE
        if Finding.OBSERVE in found
        else Finding.ACCEPT
    )


def check_marks(
    marks: Sequence[Mark],
    asked: Mapping[str, Requirement],
    seen: Mapping[str, int | None],
    *,
    late: Collection[str],
) -> None:
    """Raise ``DecisionRefused`` unless every document that waits has a mark that its requirement allows.

    ``seen`` are the current evidences of what waits, by key. Only what cannot
    be cured, or was not cured in time (``late``), excludes; and only what can be cured is observed.
    """
    said = {mark.requirement: mark for mark in marks}
    for key, evidence in seen.items():
        mark, name = said.get(key), asked[key].name
        field = f"finding_{key}"
        if mark is None or mark.finding not in (Finding.ACCEPT, Finding.OBSERVE, Finding.EXCLUDE):
            raise DecisionRefused(
                _("%(name)s: falta decidir.") % {"name": name}, _("Elige una opción."), field=field
            )
        if mark.evidence != evidence:
            raise DecisionRefused(
                _("%(name)s cambió mientras lo revisabas.") % {"name": name},
                _("Míralo como está ahora y decide otra vez."),
                field=field,
            )
        _check_mark(mark, asked[key], field, is_lapsed=key in late)


def _check_mark(mark: Mark, requirement: Requirement, field: str, *, is_lapsed: bool) -> None:
    name = {"name": requirement.name}
    if mark.is_accepted:
        if mark.evidence is None and requirement.is_needed:
            raise DecisionRefused(
                _("%(name)s: no se presentó, así que no se puede aceptar.") % name,
                _("Obsérvalo o propón la exclusión."),
                field=field,
            )
        return
    if mark.reason not in REASONS:
        raise DecisionRefused(
            _("%(name)s: falta el motivo.") % name,
            _("Elige uno de la lista."),
            field=f"reason_{requirement.key}",
        )
    if mark.finding == Finding.OBSERVE and not requirement.is_curable:
        raise DecisionRefused(
            _("%(name)s no es subsanable: la convocatoria no deja corregirlo.") % name,
            _("Acéptalo o propón la exclusión."),
            field=field,
        )
    if mark.finding == Finding.EXCLUDE and requirement.is_curable and not is_lapsed:
        raise DecisionRefused(
            _("%(name)s es subsanable: primero se observa y se espera la corrección.") % name,
            _("Obsérvalo: la persona tiene %(days)s días hábiles.") % {"days": requirement.cure_days},
            field=field,
        )


# ----------------------------------------------------------------- what next


@dataclass(frozen=True, slots=True)
class Next:
    """Where a decision leads: to another reviewer at ``stage``, or to ``final``, and whether it upholds the first.

    ``by`` is the earlier decision whose marks count, if not those of the last one.
    """

    stage: str = ""
    final: str = ""
    upholds: bool | None = None
    by: Review | None = None


def is_checked(seed: str, application_id: int, round_: int) -> bool:
    """Whether the first decision is looked at a second time: 5 in 100, drawn from the call's secret seed.

    The seed is revealed with the lottery; from then on anybody can draw again.
    """
    digest = hashlib.sha256(f"review {seed} {application_id} {round_}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < CHECKED_PERCENT


def after(
    stage: str, finding: str, marks: Sequence[Mark], earlier: Sequence[Review], *, checked: bool
) -> Next:
    """Return what a decision at ``stage`` leads to; ``earlier`` are the decisions of the same round, in their order.

    An exclusion always has two people behind it: a second signature, or two
    reviewers of three who came to it without seeing each other's decision.
    """
    if stage == Stage.FIRST:
        if checked:
            return Next(stage=Stage.BLIND)
        return Next(stage=Stage.SIGNATURE) if finding == Finding.EXCLUDE else Next(final=finding)
    if stage == Stage.SIGNATURE:
        return _signed(finding, earlier, checked=checked)
    same = _alike(marks, earlier[0])
    if stage == Stage.BLIND:
        return Next(final=finding, upholds=True) if same else Next(stage=Stage.THIRD)
    if finding == Finding.EXCLUDE and not _with(earlier, Finding.EXCLUDE):
        return Next(stage=Stage.SIGNATURE)
    return Next(final=finding, upholds=same if checked else None)


def _signed(finding: str, earlier: Sequence[Review], *, checked: bool) -> Next:
    proposed = _with(earlier, Finding.EXCLUDE)[-1]
    first = earlier[0]
    if finding == Finding.EXCLUDE:
        return Next(final=Finding.EXCLUDE, by=proposed, upholds=proposed == first if checked else None)
    if observed := _with(earlier, Finding.OBSERVE):
        # Three people did not agree and a fourth does not sign: what can be mended, may be mended.
        return Next(
            final=Finding.OBSERVE, by=observed[-1], upholds=observed[-1] == first if checked else None
        )
    return Next(stage=Stage.THIRD)


def _with(earlier: Sequence[Review], finding: str) -> list[Review]:
    return [one for one in earlier if one.finding == finding]


def _alike(marks: Sequence[Mark], other: Review) -> bool:
    """Whether two decisions say the same of the same documents; the reasons may differ."""

    def said(rows: Iterable[Mark]) -> set[tuple[str, str]]:
        return {(mark.requirement, mark.finding) for mark in rows}

    return said(marks) == said(map(Mark.of, other.marks))


def cure_until(requirements: Iterable[Requirement], call: Call, *, now: datetime) -> datetime:
    """Return the last second to mend what is observed: the longest of their windows, and never before closing."""
    days = max((one.cure_days or 1 for one in requirements), default=1)
    return max(due_by(now, days) - timedelta(seconds=1), call.closes_at)


def lapsed(last: Review | None, seen: Mapping[str, int | None]) -> frozenset[str]:
    """Return what was observed in the round before and is as it was: its time to be mended ran out."""
    if last is None:
        return frozenset()
    observed = [mark for mark in map(Mark.of, last.marks) if mark.finding == Finding.OBSERVE]
    return frozenset(
        mark.requirement
        for mark in observed
        if mark.requirement in seen and seen[mark.requirement] == mark.evidence
    )
