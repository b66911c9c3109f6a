"""Running an allocation: ask, freeze, solve, keep; then sign, and publish."""

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

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.accounts import roles
from cauce.allocation import bridge, queries, rules
from cauce.allocation.models import Run, RunState, Signature
from cauce.allocation.operations import corrections, privacy, releases, rows
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
from cauce.allocation.rules import letters
from cauce.base import background, figures
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import operations as calls
from cauce.calls import queries as call_reads
from cauce.calls.models import Addendum, Call, Mechanism, PostOrders
from cauce.calls.queries import frozen_text, open_reviews, undecided_files
from cauce.calls.rules.design import Design
from cauce.notices.operations import post_many

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

TELL = "cauce.allocation.tasks.tell_results"
SHOWN_FOLIOS = 5
SHORTEST_REASON = 10  # characters: less is no reason


class AnswerChanged(DomainError):
    """The stored bytes, or the digest that was shown, are not those of the certificate."""

    code = "answer_changed"


class ListsMissing(DomainError):
    """A sending of the last second was stored after the question was frozen."""

    code = "lists_missing"


class AlreadySigned(DomainError):
    """The same person signs twice."""

    code = "already_signed"


class LookMissing(DomainError):
    """Nobody has looked over the scores that the run was carried out with."""

    code = "look_missing"


class ReasonMissing(Refused):
    """Results would be published before their announced date, and nobody says why."""

    code = "reason_missing"


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
        requested_by_id=_user_of(actor),
        requested_at=now,
        engine_version=bridge.ENGINE_VERSION,
    )
    run.task_id = background.enqueue(EXECUTE, run_id=run.pk)
    run.save(update_fields=["task_id"])
    return run


def _user_of(actor: Actor) -> int:
    """The account behind an actor. Processes and visitors have none, and no office either."""
    if actor.user_id is None:
        raise Denied(gettext_lazy("Esto lo hace una persona con su cuenta."))
    return actor.user_id


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
    run = _locked(work.run_id)
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
    sealed = {"seed": call.lottery_seed, "commitment": call.lottery_commitment}
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
    run = _locked(work.run_id)
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
    run = _locked(run_id)
    if run.state in rules.UNDER_WAY:
        _mark_failed(run, code, facts)
    return run


@step
def _mark_failed(run: Run, code: str, facts: dict[str, Any]) -> None:
    run.state, run.failure, run.facts = RunState.FAILED, code, {"failure": facts}
    run.save(update_fields=["state", "failure", "facts"])
    note(failed=run.number, failure=code)


def _locked(run_id: int) -> Run:
    return queries.light_runs().select_for_update(of=("self",)).select_related("call").get(pk=run_id)


# ---------------------------------------------------------------- sign, publish


@use_case
def sign(*, actor: Actor, run: Run, digest: str, reviews_seen: int = 0, now: datetime) -> Run:
    """Put the actor's signature under the answer whose ``digest`` they were shown.

    ``reviews_seen`` is how many open reviews of scores they say they saw. The
    first signature writes to everybody who may give the second one, or review the package. Raises
    ``AlreadySigned``, ``LookMissing``, ``AnswerChanged`` when the stored bytes or the digest
    shown are not the certificate's, ``ListsMissing``, ``Denied`` otherwise.
    """
    run = _locked(run.pk)
    signed = _signed_by(run)
    verdict = rules.may_sign(actor, run, signed_by=signed, newest=_newest(run))
    if not verdict and actor.user_id in signed and run.state == RunState.CERTIFIED:
        raise AlreadySigned(verdict.reason, verdict.remedy)
    verdict.enforce()
    waiting = open_reviews(run.call)
    rules.reviews_seen(open_reviews=waiting, seen=reviews_seen).enforce()
    if digest != run.answer_digest:
        raise AnswerChanged(
            gettext_lazy("La huella que se iba a firmar no es la de esta corrida."),
            gettext_lazy("Abrir la corrida de nuevo, comparar la huella y firmar."),
        )
    _refuse_other_bytes(run)
    if not run.facts.get("look"):
        raise LookMissing(
            gettext_lazy("Nadie ha buscado anomalías en los puntajes de esta corrida."),
            gettext_lazy("Pedir otra corrida: se buscan antes de congelar."),
        )
    office = _office_of(actor, run)
    Signature.objects.create(
        run=run, user_id=_user_of(actor), office=office, answer_digest=run.answer_digest, at=now
    )
    note(answer=run.answer_digest, office=office, reviews=waiting)
    if not signed:
        _ask_for_second(run, actor, now)
        privacy.ask_for_review(run, now=now)
    return run


@use_case
def withdraw_signature(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Take the actor's signature back before publication; the audit keeps that it was there.

    A second withdrawal finds nothing and is refused with its sentence (``Denied``).
    """
    run = _locked(run.pk)
    rules.may_withdraw(actor, run, signed_by=_signed_by(run)).enforce()
    Signature.objects.filter(run=run, user_id=_user_of(actor)).delete()
    note(answer=run.answer_digest)
    return run


@use_case
def publish(*, actor: Actor, run: Run, now: datetime, reason: str = "") -> Run:
    """Make the results public and ask for the letters to everybody who has one.

    Needs two signatures over the very answer that is stored, and the review of
    the very package; the bytes of both are read again. Publishing what is
    published changes nothing. Before the results date that the call announced
    it takes a ``reason``, which stays in the run and in the audit and is shown
    to everybody. Raises ``Denied``, ``AnswerChanged``, ``ListsMissing`` or
    ``ReasonMissing``.
    """
    run = _locked(run.pk)
    signatures = dict(Signature.objects.filter(run=run).values_list("user_id", "answer_digest"))
    verdict = rules.may_publish(
        actor, run, signed_by=signatures, newest=_newest(run), cleared=queries.clearance(run)
    )
    if run.state == RunState.PUBLISHED and (
        actor.holds(roles.CALL_MANAGE, run.call.institution_id) or actor.user_id in signatures
    ):
        note(repeated=True)
        return run
    verdict.enforce()
    if set(signatures.values()) != {run.answer_digest}:
        raise _changed()
    _refuse_other_bytes(run)
    _justify(run, reason.strip(), now)
    run.state, run.published_at = RunState.PUBLISHED, now
    run.save(update_fields=["state", "published_at", "facts"])
    calls.record_results(run.call, now=now)
    calls.record_filled(run.call, queries.people_by_post(run))
    releases.record_first(run, _signed_in_order(run), now=now)
    calls.record_outcomes(run.call, posts=queries.outcomes(run))
    background.enqueue(TELL, run_id=run.pk)
    note(answer=run.answer_digest, package=run.package_digest, signed_by=sorted(signatures))
    return run


def _justify(run: Run, reason: str, now: datetime) -> None:
    """Ask for the reason of a publication before its announced date, and keep it."""
    if not rules.early_warning(run.call, now=now):
        return
    if len(reason) < SHORTEST_REASON:
        raise ReasonMissing(
            _("Falta el motivo de publicar antes de la fecha anunciada, %(announced)s.")
            % {"announced": figures.moment(run.call.results_at)},
            _("Escribirlo en una oración."),
            field="reason",
        )
    run.facts = {**run.facts, "early": {"announced": run.call.results_at.isoformat(), "reason": reason}}
    note(early=run.facts["early"])


def _changed() -> AnswerChanged:
    return AnswerChanged(
        gettext_lazy("Los datos guardados de esta corrida no son los que se certificaron."),
        gettext_lazy("No se firma ni se publica: avisar a auditoría y pedir otra corrida."),
    )


def _refuse_other_bytes(run: Run) -> None:
    """Read what is stored and compare it with the digests: a signature never covers other bytes, nor leaves a list out."""
    if queries.sendings(run.call) != run.facts["sendings"]:
        raise ListsMissing(
            gettext_lazy("Después de congelar se guardó un envío o un retiro del último segundo."),
            gettext_lazy("Pedir otra corrida: esta no lo tiene en cuenta."),
        )
    answer, package = Run.objects.values_list("answer", "package").get(pk=run.pk)
    if answer is None or bridge.digest_of(bytes(answer)) != run.answer_digest:
        raise _changed()
    if package is None or bridge.digest_of(bytes(package)) != run.package_digest:
        raise _changed()


def _signed_by(run: Run) -> set[int]:
    return set(Signature.objects.filter(run=run).values_list("user_id", flat=True))


def _signed_in_order(run: Run) -> list[tuple[int, str]]:
    return list(Signature.objects.filter(run=run).order_by("at", "pk").values_list("user_id", "office"))


def _newest(run: Run) -> int:
    found = Run.objects.filter(call_id=run.call_id, state__in=rules.ANSWERED).order_by("-number")
    return found.values_list("number", flat=True).first() or 0


def _office_of(actor: Actor, run: Run) -> str:
    held = queries.signing_memberships(run.call.institution_id).filter(user_id=_user_of(actor))
    return held.order_by("role").values_list("role", flat=True)[0]


@step
def _ask_for_second(run: Run, actor: Actor, now: datetime) -> None:
    """Write to everybody who may give the second signature; signing again after withdrawing writes to nobody twice."""
    call = run.call
    signatories = queries.signatories(call.institution_id).exclude(pk=_user_of(actor))
    asked = [
        letters.SECOND_SIGNATURE.letter(
            key=f"second-signature:{run.pk}:{actor.user_id}:{user.pk}", user_id=user.pk, language=user.language,
            link=reverse("allocation:run", args=[call.code, run.number]), call=call.code, number=run.number,
            title=call.title,
        )
        for user in signatories
    ]  # fmt: skip
    post_many(asked, now=now, subject=run)
