"""Running an allocation: ask, freeze, solve, keep."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cauce.allocation import bridge, queries, rules
from cauce.allocation.models import Run, RunState
from cauce.allocation.operations import corrections, rows
from cauce.allocation.operations.claims import (
    ClaimRefused,
    DecisionChanged,
    decide_claim,
    lodge_claim,
    propose_decision,
)
from cauce.allocation.operations.corrections import EXECUTE, NobodyWaits, request_correction, request_round
from cauce.allocation.operations.disputes import DisputeRefused, record_outside_admission, resolve_dispute
from cauce.allocation.operations.letters import tell_batch, tell_everybody
from cauce.allocation.operations.offers import (
    AnswerRefused,
    answer_offer,
    issue_batch,
    issue_everything,
    lapse_everything,
    lapse_offer,
    mark_joined,
)
from cauce.allocation.operations.rehearsals import (
    NotRehearsable,
    carry_out_rehearsal,
    refresh_outlook,
    request_rehearsal,
)
from cauce.allocation.operations.releases import (
    NoKey,
    PreviewChanged,
    StartMissing,
    confirm_release,
    drop_release,
    propose_list,
    propose_round,
    propose_undo,
    tell_release,
)
from cauce.allocation.operations.signing import (
    TELL,
    AlreadySigned,
    AnswerChanged,
    ListsMissing,
    LookMissing,
    ReasonMissing,
    locked,
    publish,
    sign,
    user_of,
    withdraw_signature,
)
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls import operations as calls
from cauce.calls import queries as call_reads
from cauce.calls.models import Addendum, Call, Mechanism, PostOrders
from cauce.calls.queries import frozen_text, undecided_files
from cauce.calls.rules.design import Design

__all__ = [
    "EXECUTE",
    "TELL",
    "AlreadySigned",
    "AnswerChanged",
    "AnswerRefused",
    "ClaimRefused",
    "DecisionChanged",
    "DisputeRefused",
    "ListsMissing",
    "LookMissing",
    "NoKey",
    "NobodyWaits",
    "NotRehearsable",
    "PreviewChanged",
    "ReasonMissing",
    "StartMissing",
    "Work",
    "answer_offer",
    "carry_out_rehearsal",
    "confirm_release",
    "decide_claim",
    "drop_release",
    "execute",
    "fail",
    "freeze",
    "issue_batch",
    "issue_everything",
    "keep",
    "lapse_everything",
    "lapse_offer",
    "lodge_claim",
    "mark_joined",
    "propose_decision",
    "propose_list",
    "propose_round",
    "propose_undo",
    "publish",
    "record_outside_admission",
    "refresh_outlook",
    "request_correction",
    "request_rehearsal",
    "request_round",
    "request_run",
    "resolve_dispute",
    "sign",
    "tell_batch",
    "tell_everybody",
    "tell_release",
    "withdraw_signature",
]

logger = logging.getLogger("cauce.allocation")

SHOWN_FOLIOS = 5


# ------------------------------------------------------------------- ask


@use_case
def request_run(*, actor: Actor, call: Call, after: int, now: datetime) -> Run:
    """Ask for a run of a closed call; the run and its task commit together.

    ``after`` is the number of the last run that the person saw, 0 for none. If
    a later one exists, or one is under way, that one is returned and nothing
    is created: a double click asks once. A run whose task died for good is
    marked as failed and gives way. Raises ``Denied`` with the reason.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    is_published = Run.objects.filter(call=call, state=RunState.PUBLISHED).exists()
    queries.run_verdict(actor, call, is_published=is_published, now=now).enforce()
    last = queries.light_runs().filter(call=call).order_by("-number").first()
    if (
        last is not None
        and last.state in rules.UNDER_WAY
        and last.task_id
        and background.failed(last.task_id)
    ):
        _mark_failed(last, "silent", {})
        after = max(after, last.number)
    if last is not None and (last.state in rules.UNDER_WAY or last.number > after):
        note(repeated=True)
        return last
    run = Run.objects.create(
        call=call,
        number=last.number + 1 if last else 1,
        requested_by_id=user_of(actor),
        requested_at=now,
        engine_version=bridge.ENGINE_VERSION,
    )
    run.task_id = background.enqueue(EXECUTE, run_id=run.pk)
    run.save(update_fields=["task_id"])
    return run


# --------------------------------------------------------------- carry out


@dataclass
class Work:
    """What a worker has in hand while it carries out a run; ``timings`` are seconds by stage."""

    run_id: int
    lists: Any = None
    offer: Any = None
    frozen: Any = None
    log: list[Any] = field(default_factory=list)
    look: str = ""
    sendings: list[int] = field(default_factory=list)
    extra: dict[str, bytes] = field(default_factory=dict)
    placed: list[bridge.Placed] = field(default_factory=list)
    cuts: list[bridge.Cut] = field(default_factory=list)
    class_cuts: list[bridge.ClassCut] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.timings[stage] = round(time.perf_counter() - start, 4)


class _Failed(Exception):
    """The run cannot go on. ``code`` and ``facts`` become the sentence that its manager reads."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def execute(*, run_id: int, task_id: UUID | str, read_clock: Callable[[], datetime]) -> Work:
    """Carry out a run, from wherever an earlier worker left it, to a certificate or a failure with its reason.

    The engine works between two transactions, never inside one. A run that is
    over already is left alone. A defect of ours is noted in the run and raised
    again, so that the task is marked as failed too.
    """
    actor, work = Actor.system("allocation"), Work(run_id)
    background.report(task_id, stage="freeze")
    try:
        if (call := queries.call_under_way(run_id)) is not None:
            with work.timed("look"):
                look = call_reads.look_over(call)
                calls.keep_look(actor=Actor.system("anomalies"), call=call, look=look, now=read_clock())
            work.look = look.basis
        with work.timed("freeze"):
            run = freeze(actor=actor, work=work, now=read_clock())
        if run.state != RunState.RUNNING:
            return work
        background.report(task_id, stage="solve")
        with work.timed("solve"):
            answer = bridge.solve(work.frozen, extra=work.extra)
            work.placed = list(bridge.placements(answer, work.lists, work.offer))
            _refuse_other_than_log(work)
            work.cuts = list(bridge.cuts(answer, work.lists, work.offer))
            work.class_cuts = list(bridge.class_cuts(answer, work.lists, work.offer))
        background.report(task_id, stage="keep")
        keep(actor=actor, work=work, answer=answer, now=read_clock())
    except bridge.CannotAsk as error:
        fail(actor=actor, run_id=run_id, code="unanswerable", facts=error.facts, now=read_clock())
    except bridge.NotCertified as error:
        fail(actor=actor, run_id=run_id, code="uncertified", facts={"check": error.check}, now=read_clock())
    except _Failed as error:
        fail(actor=actor, run_id=run_id, code=error.code, facts=error.facts, now=read_clock())
    except Exception as error:
        facts = {"error": type(error).__name__, "task": str(task_id)}
        fail(actor=actor, run_id=run_id, code="broken", facts=facts, now=read_clock())
        raise
    return work


@use_case
def freeze(*, actor: Actor, work: Work, now: datetime) -> Run:
    """Fix the question that the run answers, once and for all, and fill ``work`` with it.

    Taken up after a death, the question is built again and must have the
    frozen digest. Raises ``CannotAsk``, or ``_Failed`` for lists that changed
    or people without merit. A run that is over is returned as it is.
    """
    run = locked(work.run_id)
    if run.state not in rules.UNDER_WAY:
        return run
    call = run.call
    calls.record_freeze(call, now=now)
    if strange := call_reads.without_record(call):
        raise _Failed("merit_without_sheets", count=len(strange), folios=strange[:SHOWN_FOLIOS])
    work.sendings, work.extra = queries.sendings(call), _extra(call)
    if run.corrects_id is not None:
        corrections.freeze_correction(run, work)
    elif run.round:
        corrections.freeze_round(run, work)
    else:
        _freeze_lists(call, work)
    if run.question_digest and run.question_digest != work.frozen.digest:
        raise _Failed("lists_changed", frozen=run.question_digest, found=work.frozen.digest)
    if not run.question_digest:
        run.question, run.question_digest = work.frozen.data, work.frozen.digest
    run.state = RunState.RUNNING
    run.save()
    note(question=run.question_digest, undecided=undecided_files(run.call))
    return run


def _freeze_lists(call: Call, work: Work) -> None:
    """Fill ``work`` with the question of everybody's lists."""
    work.lists, work.offer = queries.sent_lists(call), queries.offered_posts(call)
    if not work.lists.folios:
        raise _Failed("no_lists")
    _refuse_without_merit(work.lists, len(call.score_criteria))
    design = Design.of(call)
    tiers = queries.own_orders(call)
    _refuse_without_order(work, design, tiers)
    sealed = {
        "seed": call.lottery_seed, "commitment": call.lottery_commitment, "beacon": call.lottery_beacon,
    }  # fmt: skip
    if design.mechanism == Mechanism.LIVE:
        work.log = queries.live_log(call)
        chosen = [(one.folio, one.key) for one in work.log if one.in_person]
        work.frozen = bridge.freeze_live(work.lists, work.offer, **sealed, log=chosen)
        work.lists = queries.as_chosen(work.lists, work.log)
    else:
        work.frozen = bridge.freeze(work.lists, work.offer, **sealed, design=design, tiers=tiers)


def _refuse_without_merit(lists: Any, criteria: int) -> None:
    lacking = [
        folio
        for folio, merit in zip(lists.folios, lists.merit, strict=True)
        if len(merit) != criteria or "" in merit
    ]
    if lacking:
        raise _Failed("merit_missing", count=len(lacking), folios=lacking[:SHOWN_FOLIOS])


def _refuse_without_order(work: Work, design: Design, tiers: dict[int, list[list[int]]]) -> None:
    """Refuse when a post that somebody lists has not brought its own order: nobody would get in."""
    if design.post_orders != PostOrders.IMPORTED:
        return
    wanted = {post for posts in work.lists.posts for post in posts}
    key_of = dict(zip(work.offer.ids, work.offer.keys, strict=True))
    if lacking := sorted(key_of[post] for post in wanted - tiers.keys() if post in key_of):
        raise _Failed("orders_missing", count=len(lacking), posts=lacking[:SHOWN_FOLIOS])


def _refuse_other_than_log(work: Work) -> None:
    """Refuse an answer of the engine that is not, person by person, what the log of a live choice says."""
    if not work.log:
        return
    said = {one.application: (one.folio, one.post) for one in work.log}
    differing = [one.folio for one in work.placed if said.get(one.application) != (one.folio, one.post)]
    if differing or len(said) != len(work.placed):
        raise _Failed("log_differs", count=len(differing), folios=sorted(differing)[:SHOWN_FOLIOS])


def _extra(call: Call) -> dict[str, bytes]:
    """What goes into the package beside question and answer: the rules as they bound everybody."""
    files = {}
    if text := frozen_text(call):
        files["rules.json"] = text.encode()
    for number, text in Addendum.objects.filter(call=call).order_by("number").values_list("number", "text"):
        files[f"addendum-{number}.txt"] = text.encode()
    return files


@use_case
def keep(*, actor: Actor, work: Work, answer: bridge.Answer, now: datetime) -> Run:
    """Keep the certified answer: bytes, checks, everybody's place, every cut-off; all of it or nothing.

    If another worker has kept it meanwhile, nothing changes.
    """
    run = locked(work.run_id)
    if run.state != RunState.RUNNING:
        return run
    start = time.perf_counter()
    rows.write_rows(run, work.placed, work.cuts)
    rows.write_class_cuts(run, work.class_cuts, answer.design)
    run.answer, run.answer_digest, run.checks = answer.data, answer.digest, answer.checks
    run.package, run.package_digest = answer.package, answer.package_digest
    run.facts = {
        **queries.run_facts(run, work.placed, work.cuts),
        **_shared_facts(work.placed, work.cuts, work.class_cuts, answer),
        "package_size": answer.package_size,
        "sendings": work.sendings,
        **work.facts,
        "look": work.look,
    }
    run.timings = {**work.timings, "keep": round(time.perf_counter() - start, 4)}
    run.state, run.certified_at = RunState.CERTIFIED, now
    run.save()
    work.timings = run.timings
    note(answer=run.answer_digest, package=run.package_digest, checks=[check["name"] for check in run.checks])
    return run


def _shared_facts(
    placed: list[bridge.Placed],
    cuts: list[bridge.Cut],
    class_cuts: list[bridge.ClassCut],
    answer: bridge.Answer,
) -> dict[str, Any]:
    """What a page says beyond places where seats are shared out by classes, regions or own orders."""
    if answer.design.is_plain:
        return {}
    held = Counter(one.seat_class for one in placed if one.seat_class)
    kept = Counter[str]()
    for one in class_cuts:
        kept[one.seat_class] += one.seats
    design = answer.design
    return {
        "full": sum(one.taken == one.seats for one in cuts),
        "shared": {
            "classes": [[one["key"], design.label_of(one["key"]), kept[one["key"]], held[one["key"]]] for one in design.sequence],
            "capped": bool(design.regions),
            "own_orders": design.has_own_orders,
            "dropped": bridge.dropped(answer),
            "minima": [[one["post"], one["minimum"], one["holders"]] for one in bridge.minima(answer)],
        },
    }  # fmt: skip


@use_case
def fail(*, actor: Actor, run_id: int, code: str, facts: dict[str, Any], now: datetime) -> Run:
    """Note why a run failed. A run that is over already stays as it is."""
    run = locked(run_id)
    if run.state in rules.UNDER_WAY:
        _mark_failed(run, code, facts)
    return run


@step
def _mark_failed(run: Run, code: str, facts: dict[str, Any]) -> None:
    run.state, run.failure, run.facts = RunState.FAILED, code, {"failure": facts}
    run.save(update_fields=["state", "failure", "facts"])
    note(failed=run.number, failure=code)
