"""What a tie-break decides: which ones to leave out, what changes without them, and who may have it counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.allocation.models import Run
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Mechanism
from cauce.calls.rules.design import Design


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer in columns. Of each person: place in the order of merit, and post (-1 for none).

    ``last`` is the last person admitted to each class of seats of each post.
    """

    place: Sequence[int]
    post: Sequence[int]
    last: Sequence[Sequence[int]]


def left_out(criteria: int) -> list[tuple[int, ...]]:
    """Which elements of the order to leave out, one question each: every tie-break alone, then all of them.

    The first criterion is the score; those after it break its ties. With one
    tie-break, leaving it out is leaving out all: it is asked once.
    """
    alone: list[tuple[int, ...]] = [(at,) for at in range(1, criteria)]
    return [*alone, tuple(range(1, criteria))] if len(alone) > 1 else alone


def counted(kept: Answered, other: Answered) -> dict[str, int]:
    """How many change between two answers of the same people and posts.

    ``order``: people with another place in the order; ``result``: with another
    post, or with one before or after only; ``gaining`` and ``losing`` those;
    ``cutoffs``: posts whose last person admitted is another, or none.
    """
    posts = list(zip(kept.post, other.post, strict=True))
    return {
        "order": sum(before != after for before, after in zip(kept.place, other.place, strict=True)),
        "result": sum(before != after for before, after in posts),
        "gaining": sum(before < 0 <= after for before, after in posts),
        "losing": sum(after < 0 <= before for before, after in posts),
        "cutoffs": sum(before != after for before, after in zip(kept.last, other.last, strict=True)),
    }


def may_measure(actor: Actor, run: Run) -> Verdict:
    """Whether the actor may have the tie-breaks of ``run`` counted: who manages the call, or audits it."""
    where = run.call.institution_id
    if actor.user_id is None or not (
        actor.holds(roles.CALL_MANAGE, where) or actor.holds(roles.AUDIT_READ, where)
    ):
        return Verdict(False, _("Contarlo toca a quien gestiona la convocatoria o a quien la audita."))
    return measurable(run)


def measurable(run: Run) -> Verdict:
    """Whether leaving out a tie-break of ``run`` has one meaning."""
    design = Design.of(run.call)
    if design.mechanism == Mechanism.LIVE:
        return Verdict(
            False,
            _(
                "En una elección en vivo cada quien eligió de lo que quedaba: con otro orden, nadie sabe qué habría elegido."
            ),
        )
    if design.has_own_orders:
        return Verdict(
            False, _("Aquí cada plaza tiene su propio orden; se cuenta donde un solo orden decide.")
        )
    if run.corrects_id is not None or run.round:
        return Verdict(False, _("Se cuenta en la corrida con las listas de todas las personas."))
    if not left_out(len(run.call.score_criteria)):
        return Verdict(False, _("Este orden no tiene desempates."))
    return Verdict(bool(run.answer_digest), _("Esta corrida no tiene todavía una respuesta."))
