"""What an auditor reads case by case: the sample that nobody chose with its decisions, and what left the ordinary way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Window
from django.utils.translation import gettext as _

from cauce.accounts.models import MergeState, PersonMerge, User
from cauce.allocation.models import (
    ChosenHow,
    Claim,
    ClaimState,
    LiveCorrection,
    LiveEntry,
    Offer,
    Placement,
    Release,
    Run,
)
from cauce.allocation.queries.runs import name_of
from cauce.allocation.rules import audit as rules
from cauce.base import figures
from cauce.calls.models import (
    Application,
    Call,
    Finding,
    ListVersion,
    OutageExtension,
    PaperApplication,
    Review,
    ScoreReview,
    Stage,
)

SHOWN_CASES = 20


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that somebody decided about one person: about what, how it ended, who, and when."""

    about: str
    words: str
    who: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Sampled:
    """One of the people of the sample: what was decided on, on whose word, what came of it, and every decision on the way."""

    folio: str
    place: int
    merit: list[str]
    source: str
    list_length: int
    receipt: str
    paper: str
    post: str
    rank: int | None
    decisions: list[Decision]


def sample_of(run: Run) -> list[Sampled]:
    """The sample of ``run`` with its decisions, in seven queries."""
    places = rules.sample(run.answer_digest, run.facts.get("lists", 0))
    rows = list(
        Placement.objects.filter(run=run, place__in=places)
        .select_related("application__paper", "post")
        .order_by("place")
    )
    ids = [row.application_id for row in rows]
    receipts = dict(
        ListVersion.objects.filter(application__in=ids, sent_at__isnull=False)
        .order_by("number")
        .values_list("application_id", "receipt")
    )
    decisions: dict[int, list[Decision]] = {}
    for source in (_documents, _scores, _claims, _choices, _offers):
        for application, decision in source(ids):
            decisions.setdefault(application, []).append(decision)
    return [
        Sampled(
            folio=row.application.folio, place=row.place, merit=row.merit, source=row.application.merit_source,
            list_length=len(row.posts), receipt=receipts.get(row.application_id, ""), paper=_paper(row.application),
            post=row.post.key if row.post else "", rank=row.rank, decisions=decisions.get(row.application_id, []),
        )
        for row in rows
    ]  # fmt: skip


def _paper(application: Application) -> str:
    paper = getattr(application, "paper", None)
    if paper is None:
        return ""
    return f"{paper.file_digest[:12]}, {paper.row}" if paper.row else paper.office


def reviewer_words(user_id: int) -> str:
    """Who reviewed documents, as the audit log names accounts: their name is not for who audits a single file."""
    return _("revisión de documentos, cuenta %(number)s") % {"number": user_id}


def _documents(ids: list[int]) -> Iterable[tuple[int, Decision]]:
    rows = Review.objects.filter(case__application__in=ids).select_related("case").order_by("pk")
    for one in rows:
        words = str(one.get_finding_display())
        if one.was_upheld is not None:
            upheld = (
                _("otra persona, a ciegas, dijo lo mismo")
                if one.was_upheld
                else _("otra persona, a ciegas, dijo otra cosa")
            )
            words = f"{words}; {upheld}"
        about = _("Documentos: %(stage)s") % {"stage": one.get_stage_display()}
        yield one.case.application_id, Decision(about, words, reviewer_words(one.reviewer_id), one.decided_at)


def _scores(ids: list[int]) -> Iterable[tuple[int, Decision]]:
    rows = ScoreReview.objects.filter(application__in=ids).select_related("closed_by__person").order_by("pk")
    for one in rows:
        yield (
            one.application_id,
            Decision(
                str(one.get_kind_display()), one.outcome or _("abierta"),
                name_of(one.closed_by) if one.closed_by else "", one.closed_at,
            ),
        )  # fmt: skip


def _claims(ids: list[int]) -> Iterable[tuple[int, Decision]]:
    rows = Claim.objects.filter(application__in=ids).select_related(
        "proposed_by__person", "decided_by__person"
    )
    for one in rows.order_by("pk"):
        about = _("Inconformidad %(receipt)s: %(kind)s") % {
            "receipt": one.receipt, "kind": one.get_kind_display(),
        }  # fmt: skip
        yield (
            one.application_id,
            Decision(
                about, str(one.get_state_display()), _both(one.proposed_by, one.decided_by), one.decided_at
            ),
        )


def _choices(ids: list[int]) -> Iterable[tuple[int, Decision]]:
    rows = LiveEntry.objects.filter(turn__application__in=ids).select_related("turn", "post", "by__person")
    for one in rows.order_by("number"):
        about = _("Elección en vivo, línea %(number)s: %(how)s") % {
            "number": one.number, "how": one.get_how_display(),
        }  # fmt: skip
        words = one.post.key if one.post else _("sin lugar")
        if one.desk:
            words = _("%(post)s, mesa %(desk)s") % {"post": words, "desk": one.desk}
        who = name_of(one.by) if one.by and one.how != ChosenHow.ONLINE else ""
        yield one.turn.application_id, Decision(about, words, who, one.at)


def _offers(ids: list[int]) -> Iterable[tuple[int, Decision]]:
    rows = Offer.objects.filter(application__in=ids).select_related("marked_by__person").defer("document")
    for one in rows.order_by("pk"):
        words = str(one.get_state_display())
        if one.reason:
            words = f"{words}: {one.get_reason_display()}"
        if one.joined_at:
            words = f"{words}; {_('llegó a su plaza')}"
        yield (
            one.application_id,
            Decision(
                _("Oferta %(number)s") % {"number": one.number}, words,
                name_of(one.marked_by) if one.marked_by else "", one.answered_at or one.issued_at,
            ),
        )  # fmt: skip


def _both(first: User | None, second: User | None) -> str:
    return ", ".join(name_of(one) for one in (first, second) if one is not None)


# ------------------------------------------------------- out of the ordinary


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Everything of one kind that left the ordinary way: how many, and the newest of them."""

    kind: str
    total: int
    rows: list[Decision]


def exceptions_of(call: Call) -> list[Exceptions]:
    """What people did beside the ordinary way, kind by kind, in nine queries whatever the size."""
    decided = Claim.objects.filter(
        release__call=call, state__in=[ClaimState.UPHELD, ClaimState.REJECTED]
    ).select_related("application", "proposed_by__person", "decided_by__person")
    return [
        _kind(_("Inconformidades decididas"), decided.order_by("-decided_at", "-pk"), _claim),
        _kind(
            _("Puntajes corregidos"),
            decided.filter(state=ClaimState.UPHELD).exclude(merit=[]).order_by("-decided_at", "-pk"),
            _corrected,
        ),
        _kind(_("Publicaciones, y las que se deshicieron"), _releases(call), _release),
        _kind(_("Exclusiones, con sus dos firmas"), _exclusions(call), _exclusion),
        _kind(_("Elecciones hechas en mesa"), _desk_choices(call), _desk_choice),
        _kind(_("Correcciones de una elección en vivo"), _live_corrections(call), _live_correction),
        _kind(_("Solicitudes en papel o de oficina"), _papers(call), _paper_case),
        _kind(_("Personas unidas"), _merges(call), _merge),
        _kind(_("Interrupciones devueltas"), _outages(call), _outage),
    ]


def _kind(name: str, rows: QuerySet[Any], words: Any) -> Exceptions:
    found = list(rows.annotate(of_all=Window(Count("pk")))[:SHOWN_CASES])
    return Exceptions(name, found[0].of_all if found else 0, [words(one) for one in found])


def _claim(one: Claim) -> Decision:
    return Decision(
        f"{one.application.folio}, {one.receipt}", f"{one.get_kind_display()}: {one.get_state_display()}",
        _both(one.proposed_by, one.decided_by), one.decided_at,
    )  # fmt: skip


def _corrected(one: Claim) -> Decision:
    words = _("de %(before)s a %(after)s") % {
        "before": " · ".join(one.application.merit), "after": " · ".join(one.merit),
    }  # fmt: skip
    return Decision(
        f"{one.application.folio}, {one.receipt}",
        words,
        _both(one.proposed_by, one.decided_by),
        one.decided_at,
    )


def _releases(call: Call) -> QuerySet[Release]:
    rows = Release.objects.filter(call=call).select_related("proposed_by__person", "confirmed_by__person")
    return rows.defer("preview").order_by("-number")


def _release(one: Release) -> Decision:
    words = f"{one.get_kind_display()}: {one.get_state_display()}"
    return Decision(
        _("Publicación %(number)s") % {"number": one.number}, f"{words}. {one.reason}" if one.reason else words,
        _both(one.proposed_by, one.confirmed_by), one.released_at or one.proposed_at,
    )  # fmt: skip


def _exclusions(call: Call) -> QuerySet[Review]:
    first = Review.objects.filter(
        case=OuterRef("case"), round=OuterRef("round"), finding=Finding.EXCLUDE
    ).exclude(stage=Stage.SIGNATURE)
    return (
        Review.objects.filter(case__call=call, stage=Stage.SIGNATURE, finding=Finding.EXCLUDE)
        .annotate(first_by=Subquery(first.order_by("-pk").values("reviewer_id")[:1]))
        .select_related("case__application")
        .order_by("-decided_at", "-pk")
    )


def _exclusion(one: Any) -> Decision:
    both = ", ".join(reviewer_words(user) for user in (one.first_by, one.reviewer_id) if user)
    return Decision(one.case.application.folio, str(one.case.get_state_display()), both, one.decided_at)


def _desk_choices(call: Call) -> QuerySet[LiveEntry]:
    rows = LiveEntry.objects.filter(session__call=call, how=ChosenHow.DESK)
    return rows.select_related("turn__application", "post", "by__person").order_by("-number")


def _desk_choice(one: LiveEntry) -> Decision:
    words = _("%(post)s, mesa %(desk)s") % {
        "post": one.post.key if one.post else _("sin lugar"), "desk": one.desk or "—",
    }  # fmt: skip
    return Decision(one.turn.application.folio, words, name_of(one.by) if one.by else "", one.at)


def _live_corrections(call: Call) -> QuerySet[LiveCorrection]:
    rows = LiveCorrection.objects.filter(session__call=call)
    return rows.select_related(
        "entry__turn__application", "post", "asked_by__person", "decided_by__person"
    ).order_by("-asked_at", "-pk")


def _live_correction(one: LiveCorrection) -> Decision:
    state = {None: _("espera a otra persona"), True: _("confirmada"), False: _("rechazada")}[one.is_confirmed]
    return Decision(
        one.entry.turn.application.folio, f"{one.post.key if one.post else _('sin lugar')}, {state}. {one.reason}",
        _both(one.asked_by, one.decided_by), one.decided_at or one.asked_at,
    )  # fmt: skip


def _papers(call: Call) -> QuerySet[PaperApplication]:
    rows = PaperApplication.objects.filter(application__call=call).select_related(
        "application", "filed_by__person"
    )
    return rows.order_by("-filed_at", "-pk")


def _paper_case(one: PaperApplication) -> Decision:
    words = (
        _("fila %(row)s del archivo %(file)s") % {"row": one.row, "file": one.file_digest[:12]}
        if one.row
        else _("con consentimiento escrito, %(office)s") % {"office": one.office}
    )
    return Decision(one.application.folio, words, name_of(one.filed_by) if one.filed_by else "", one.filed_at)


def _merges(call: Call) -> QuerySet[PersonMerge]:
    mine = Application.objects.filter(call=call, person=OuterRef("kept"))
    rows = PersonMerge.objects.filter(Exists(mine), state__in=[MergeState.DONE, MergeState.UNDONE])
    return (
        rows.annotate(folio=Subquery(mine.values("folio")[:1]))
        .select_related("proposed_by__person", "decided_by__person", "undone_by__person")
        .order_by(F("undone_at").desc(nulls_last=True), "-decided_at", "-pk")
    )


def _merge(one: Any) -> Decision:
    signed = _both(one.proposed_by, one.decided_by)
    if one.undone_by is not None:
        signed = f"{signed}, {name_of(one.undone_by)}"
    return Decision(one.folio, str(one.get_state_display()), signed, one.undone_at or one.decided_at)


def _outages(call: Call) -> QuerySet[OutageExtension]:
    return OutageExtension.objects.filter(call=call).select_related("addendum").order_by("-addendum__number")


def _outage(one: OutageExtension) -> Decision:
    words = _("el cierre pasó al %(when)s; se perdieron %(seconds)s segundos") % {
        "when": figures.moment(one.closes_at), "seconds": figures.number(one.lost_seconds),
    }  # fmt: skip
    return Decision(
        _("Adenda %(number)s") % {"number": one.addendum.number}, words, _("El reloj del sitio"),
        one.addendum.published_at,
    )  # fmt: skip
