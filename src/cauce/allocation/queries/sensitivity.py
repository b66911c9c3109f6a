"""What pages say of the tie-breaks of a run: the newest count, whether it was repeated alike, and what is under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cauce.allocation.models import Run, Sensitivity
from cauce.allocation.rules import sensitivity as rules
from cauce.base import background, figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Call

SHOWN = 20


def asked_sensitivity(number: int) -> Sensitivity | None:
    return (
        Sensitivity.objects.select_related("run__call")
        .defer("run__question", "run__answer", "run__package")
        .filter(pk=number)
        .first()
    )


def question_bytes(run: Run) -> bytes:
    """The run's frozen question as stored, compressed."""
    return bytes(Run.objects.values_list("question", flat=True).get(pk=run.pk) or b"")


@dataclass(frozen=True, slots=True)
class Without:
    """What changes without some tie-breaks, in words; no ``labels`` when all of them are left out."""

    labels: list[str]
    order: str
    result: str
    gaining: str
    losing: str
    cutoffs: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The newest count of a run. ``times`` it was made; ``agrees`` when every time gave the same digest."""

    lines: list[Without]
    people: int
    row: Sensitivity
    times: int
    agrees: bool


def newest_sensitivity(run: Run | None, *, public: bool = False) -> Counted | None:
    """The newest count of ``run``, in one query; for the ``public``, without groups of fewer than five people."""
    return _counted(run.call, _rows(run), public=public) if run is not None else None


def _rows(run: Run) -> list[Sensitivity]:
    return list(Sensitivity.objects.filter(run=run).order_by("-requested_at", "-pk")[:SHOWN])


def _counted(call: Call, rows: list[Sensitivity], *, public: bool) -> Counted | None:
    done = [row for row in rows if row.digest]
    if not done:
        return None
    newest = done[0]
    labels = {criterion["key"]: criterion["label"] for criterion in call.score_criteria}
    tell = _told if public else _whole
    lines = [
        Without(
            [labels.get(key, key) for key in one["criteria"]] if len(one["criteria"]) == 1 else [], *tell(one)
        )
        for one in newest.document["without"]
    ]
    agrees = len({row.digest for row in done}) == 1
    return Counted(lines, newest.document["people"], newest, len(done), agrees)


def _whole(one: Mapping[str, Any]) -> list[str]:
    return [figures.number(one[name]) for name in ("order", "result", "gaining", "losing", "cutoffs")]


def _told(one: Mapping[str, Any]) -> list[str]:
    """The counts with small groups of people hidden, and what would give them away."""
    between = one["result"] - one["gaining"] - one["losing"]
    gaining, losing, _between = figures.hide_small([one["gaining"], one["losing"], between])
    (order,), (result,) = figures.hide_small([one["order"]]), figures.hide_small([one["result"]])
    people = [
        figures.few() if count is None else figures.number(count)
        for count in (order, result, gaining, losing)
    ]
    return [*people, figures.number(one["cutoffs"])]


@dataclass(frozen=True, slots=True)
class SensitivityPage:
    """What the tie-breaks of one run decide. ``progress`` is (done, of) while the worker counts; ``failure`` a sentence."""

    run: Run
    call: Call
    counted: Counted | None
    waiting: Sensitivity | None
    progress: tuple[int, int]
    failure: str
    measurable: Verdict
    may_measure: Verdict


def sensitivity_page(actor: Actor, run: Run) -> SensitivityPage:
    """One query; three while the worker counts."""
    rows = _rows(run)
    waiting = next((row for row in rows if row.done_at is None), None)
    is_dead = waiting is not None and waiting.task_id is not None and background.failed(waiting.task_id)
    found = background.progress(waiting.task_id) if waiting and waiting.task_id and not is_dead else None
    failed = rows[0] if rows and rows[0].failure else None
    return SensitivityPage(
        run=run,
        call=run.call,
        counted=_counted(run.call, rows, public=False),
        waiting=None if is_dead else waiting,
        progress=(found.done, found.total) if found else (0, 0),
        failure=_failure(failed, is_dead=is_dead),
        measurable=rules.measurable(run),
        may_measure=rules.may_measure(actor, run),
    )


def _failure(failed: Sensitivity | None, *, is_dead: bool) -> str:
    if is_dead:
        return _("El servidor dejó de contar. Se puede pedir otra vez.")
    if failed is None:
        return ""
    spanish = (get_language() or "es").startswith("es")
    if failed.failure == "uncertified":
        check = failed.document["check"]
        why = check["statement"] if spanish else check["statement_en"]
        return _("Sin un desempate, el certificador no dio por buena la respuesta: no se cumple %(why)s") % {
            "why": f"{check['name']}. {why}"
        }
    return _("No se pudo contar: %(why)s. Avisar a auditoría.") % {
        "why": failed.document["problem" if spanish else "problem_en"]
    }
