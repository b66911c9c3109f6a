"""What desks read: the runs of a call, one run whole, and what waits for a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cauce.accounts import roles
from cauce.accounts.models import Membership, User
from cauce.accounts.roles import Role
from cauce.allocation import rules
from cauce.allocation.models import Release, ReleaseState, Run, RunState, Signature
from cauce.allocation.queries.live import run_verdict
from cauce.allocation.queries.sensitivity import Counted, newest_sensitivity
from cauce.allocation.queries.words import failure_sentence, stage_words
from cauce.allocation.rules import privacy
from cauce.base import background, figures
from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.base.models import AuditEvent
from cauce.calls.models import Call, CallState, ScoreReview
from cauce.calls.queries import open_reviews

BLOBS = ("question", "answer", "package")
LOG_LENGTH = 30
SIGNING_ROLES = [role for role in Role.values if roles.ALLOCATION_SIGN in roles.PERMISSIONS[role]]


def light_runs() -> QuerySet[Run]:
    """Runs without their documents, which are megabytes."""
    return Run.objects.defer(*BLOBS)


def calls_visible_to(actor: Actor) -> QuerySet[Call]:
    """Published calls whose runs the actor may read."""
    calls = Call.objects.filter(state=CallState.PUBLISHED).select_related("institution")
    where = actor.institutions(roles.CALL_READ)
    return calls if where is None else calls.filter(institution_id__in=where)


def runs_visible_to(actor: Actor) -> QuerySet[Run]:
    """Runs of those calls, without their documents."""
    runs = light_runs().select_related("call__institution", "requested_by__person")
    where = actor.institutions(roles.CALL_READ)
    return runs if where is None else runs.filter(call__institution_id__in=where)


def call_under_way(run_id: int) -> Call | None:
    """The call of a run that is not over."""
    return Call.objects.filter(runs__pk=run_id, runs__state__in=rules.UNDER_WAY).first()


def signing_memberships(institution_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(
        Q(institution_id=institution_id) | Q(institution_id__isnull=True),
        role__in=SIGNING_ROLES,
        user__is_active=True,
    )


def signatories(institution_id: int) -> QuerySet[User]:
    """Everybody who may sign a run of a call of this institution."""
    held = signing_memberships(institution_id)
    return User.objects.filter(pk__in=held.values("user_id")).select_related("person").order_by("pk")


def name_of(user: User) -> str:
    """The name by which a desk knows a user."""
    return str(user.person) if user.person is not None else user.office_name or user.email


# ------------------------------------------------------------------- list


@dataclass(frozen=True, slots=True)
class RunsPage:
    call: Call
    runs: Sequence[Run]
    after: int
    is_under_way: bool
    may_run: Verdict


def runs_page(actor: Actor, call: Call, *, now: Any) -> RunsPage:
    """The runs of a call, newest first, and whether another may be asked for. One query, and one more while a run is under way."""
    runs = list(
        light_runs()
        .filter(call=call)
        .select_related("requested_by__person")
        .annotate(signed=Count("signatures"))
        .order_by("-number")
    )
    active = next((run for run in runs if run.state in rules.UNDER_WAY), None)
    is_under_way = active is not None and not (active.task_id and background.failed(active.task_id))
    return RunsPage(
        call=call,
        runs=runs,
        after=runs[0].number if runs else 0,
        is_under_way=is_under_way,
        may_run=run_verdict(
            actor, call, is_published=any(run.state == RunState.PUBLISHED for run in runs), now=now
        ),
    )


# -------------------------------------------------------------------- one


@dataclass(frozen=True, slots=True)
class CheckLine:
    name: str
    statement: str
    kind: str
    count: str
    witness: Any


@dataclass(frozen=True, slots=True)
class SignatureLine:
    name: str
    office: str
    at: Any
    is_own: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    number: int
    at: Any
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    folio: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run. ``open_reviews`` are of scores. ``early`` warns that its publication would come before the announced date. ``progress`` is (words, stages done, stages) while it is under way; ``failure`` a sentence."""

    run: Run
    call: Call
    stages: list[tuple[Any, str]]
    is_under_way: bool
    progress: tuple[str, int, int] | None
    failure: str
    checks: list[CheckLine]
    tie_breaks: Counted | None
    holding: int
    signatures: list[SignatureLine]
    others: list[str]
    may_sign: Verdict
    open_reviews: int
    may_withdraw: Verdict
    may_publish: Verdict
    cleared: Verdict
    early: str
    may_run: Verdict
    after: int
    log: list[LogLine]
    changes: list[ChangeLine]
    seconds: float | None
    source: str
    first_share: float | None
    empty_slots: list[str]

    @property
    def classes(self) -> list[tuple[str, int, str]]:
        """The classes of seats as (label, seats, people): the desk sees every count."""
        rows = self.run.facts.get("shared", {}).get("classes", [])
        return [(label, seats, figures.number(people)) for _key, label, seats, people in rows]


def run_page(actor: Actor, run: Run, *, now: Any) -> RunPage:
    """Everything about one run but its cut-offs, in ten queries whatever its size."""
    signatures = list(Signature.objects.filter(run=run).select_related("user__person").order_by("at", "pk"))
    signed_by = [one.user_id for one in signatures]
    others = [user for user in signatories(run.call.institution_id) if user.pk not in signed_by]
    numbers = list(Run.objects.filter(call_id=run.call_id).values_list("number", "state"))
    newest = max((number for number, state in numbers if state in rules.ANSWERED), default=0)
    is_published = any(state == RunState.PUBLISHED for _number, state in numbers)
    is_under_way = run.state in rules.UNDER_WAY
    is_dead = is_under_way and run.task_id is not None and background.failed(run.task_id)
    found = background.progress(run.task_id) if is_under_way and run.task_id else None
    checks = check_lines(run)
    cleared = clearance(run)
    return RunPage(
        run=run,
        call=run.call,
        stages=rules.stages(run, len(signatures)),
        is_under_way=is_under_way and not is_dead,
        progress=stage_words(found.stage if found else "") if is_under_way else None,
        failure=failure_sentence("silent" if is_dead else run.failure, run.facts.get("failure", {})),
        checks=checks,
        tie_breaks=newest_sensitivity(run) if checks else None,
        holding=sum(line.kind == "ok" for line in checks),
        signatures=[
            SignatureLine(
                name_of(one.user), str(Role(one.office).label), one.at, one.user_id == actor.user_id
            )
            for one in signatures
        ],
        others=[name_of(user) for user in others],
        may_sign=rules.may_sign(actor, run, signed_by=signed_by, newest=newest),
        open_reviews=open_reviews(run.call),
        may_withdraw=rules.may_withdraw(actor, run, signed_by=signed_by),
        may_publish=rules.may_publish(actor, run, signed_by=signed_by, newest=newest, cleared=cleared),
        cleared=cleared,
        early="" if is_published else rules.early_warning(run.call, now=now),
        may_run=run_verdict(actor, run.call, is_published=is_published, now=now),
        after=max((number for number, _state in numbers), default=0),
        log=_log(run),
        changes=_changes(run),
        seconds=round(sum(run.timings.values()), 2) if run.timings else None,
        source=source_of(run),
        first_share=_first_share(run),
        empty_slots=[_("Primera firma"), _("Segunda firma")][len(signatures) :],
    )


def clearance(run: Run) -> Verdict:
    """What the review of a run's package says of making it public."""
    return privacy.cleared(run, run.privacy_reviews.order_by("pk"))


def source_of(run: Run) -> str:
    """Where the figures of a run come from."""
    return _("corrida %(number)s de %(call)s, certificada el %(when)s") % {
        "number": run.number,
        "call": run.call.code,
        "when": figures.moment(run.certified_at) if run.certified_at else figures.missing(),
    }


def _first_share(run: Run) -> float | None:
    """The share of the placed who got their first wish."""
    placed = run.facts.get("placed")
    return run.facts["first"] / placed if placed else None


def check_lines(run: Run) -> list[CheckLine]:
    """What the certifier said, in the reader's language."""
    spanish = (get_language() or "es").startswith("es")
    facts = run.facts
    counts = {
        "A1": _("%(n)s plazas") % {"n": f"{facts.get('posts', 0):,}"},
        "A2": _("%(n)s personas") % {"n": f"{facts.get('placed', 0):,}"},
        "A3": _("%(n)s opciones") % {"n": f"{facts.get('wishes', 0):,}"},
        "A4": _("%(n)s lugares vacíos") % {"n": f"{facts.get('empty', 0):,}"},
        "A5": _("%(n)s clases") % {"n": len(facts.get("shared", {}).get("classes", []))},
        "A6": _("una sola respuesta"),
        "A7": _("una sola huella"),
        "A8": _("%(n)s cortes") % {"n": f"{facts.get('posts', 0):,}"},
        "A10": _("%(n)s personas empatadas") % {"n": f"{facts.get('tied', 0):,}"},
    }
    return [
        CheckLine(
            check["name"],
            check["statement"] if spanish else check["statement_en"],
            "ok" if check["holds"] else "bad",
            counts.get(check["name"], ""),
            check["witness"],
        )
        for check in run.checks
    ]


def _log(run: Run) -> list[LogLine]:
    words = {
        "allocation.request_run": _("Pidió la corrida"),
        "allocation.freeze": _("Congeló la pregunta"),
        "allocation.keep": _("Guardó la respuesta certificada"),
        "allocation.fail": _("Anotó por qué falló"),
        "allocation.sign": _("Firmó"),
        "allocation.withdraw_signature": _("Retiró su firma"),
        "allocation.publish": _("Publicó"),
        "allocation.tell_batch": _("Avisó a quienes tienen resultado"),
    }
    events = list(
        AuditEvent.objects.filter(subject_model=Run._meta.label, subject_id=str(run.pk)).order_by("-pk")[
            :LOG_LENGTH
        ]
    )
    ids = {int(event.actor[5:]) for event in events if event.actor.startswith("user:")}
    names = {
        f"user:{user.pk}": name_of(user) for user in User.objects.filter(pk__in=ids).select_related("person")
    }
    names["system:allocation"] = _("El programa de asignación")
    return [
        LogLine(
            event.pk, event.at, names.get(event.actor, event.actor), words.get(event.action, event.action)
        )
        for event in events
        if not event.detail.get("repeated")
    ]


def _changes(run: Run) -> list[ChangeLine]:
    """Who changes against the previous run; folios and keys of posts were kept with the run."""
    against = run.facts.get("against") or {}
    return [
        ChangeLine(folio, before or _("sin lugar"), after or _("sin lugar"))
        for folio, before, after in against.get("changed", [])
    ]


# ------------------------------------------------------------- signatures


@dataclass(frozen=True, slots=True)
class Waiting:
    run: Run
    signed: int
    is_signed_by_me: bool
    open_reviews: int


@dataclass(frozen=True, slots=True)
class SigningDesk:
    """``releases`` are what somebody else proposed to make public, with its preview."""

    mine: list[Waiting]
    others: list[Waiting]
    releases: list[Release]


def signing_desk(actor: Actor) -> SigningDesk:
    """The newest certified run of each call where the actor signs: what waits for them, and what for others. Two queries."""
    newest = (
        Run.objects.filter(call=OuterRef("call"), state__in=rules.ANSWERED)
        .order_by("-number")
        .values("number")[:1]
    )
    reviews = (
        ScoreReview.objects.filter(application__call=OuterRef("call"), closed_at__isnull=True)
        .order_by()
        .values("application__call")
        .annotate(total=Count("pk"))
        .values("total")
    )
    runs = (
        light_runs()
        .filter(state=RunState.CERTIFIED, corrects__isnull=True, round=0)
        .annotate(
            newest=Subquery(newest),
            signed=Count("signatures"),
            open_reviews=Coalesce(Subquery(reviews), 0),
            by_me=Exists(Signature.objects.filter(run=OuterRef("pk"), user_id=actor.user_id or 0)),
        )
        .filter(number=F("newest"))
        .select_related("call__institution")
        .order_by("certified_at")
    )
    proposed = (
        Release.objects.filter(state=ReleaseState.PROPOSED).exclude(proposed_by=actor.user_id or 0)
        .select_related("call").defer("preview").order_by("proposed_at")
    )  # fmt: skip
    where = actor.institutions(roles.ALLOCATION_SIGN)
    if where is not None:
        runs = runs.filter(call__institution_id__in=where)
        proposed = proposed.filter(call__institution_id__in=where)
    lines = [Waiting(run, run.signed, run.by_me, run.open_reviews) for run in runs]
    return SigningDesk(
        mine=[one for one in lines if not one.is_signed_by_me and one.signed < rules.SIGNATURES],
        others=[one for one in lines if one.is_signed_by_me or one.signed >= rules.SIGNATURES],
        releases=list(proposed),
    )
