"""A second look at scores: what opens it, what the person is told and answers. Nothing here changes a score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.base import background, figures, files, workdays
from cauce.base.actors import Actor
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import AnomalyReport, Call, ReviewDecision, ScoreReview
from cauce.calls.queries.anomalies import Flag, Look
from cauce.calls.rules import letters
from cauce.calls.rules.second_look import REPLY_DAYS, ReplyRefused, may_look, may_reply, reply_problem
from cauce.notices.operations import Letter, post_letter, post_many

LOOK_TASK = "cauce.calls.tasks.look_over"


@use_case
def ask_look(*, actor: Actor, call: Call, now: datetime) -> Call:
    """Have all scores of the call looked over again; one under way is enough. Raises ``Denied``."""
    call = Call.objects.select_for_update().get(pk=call.pk)
    may_look(actor, call).enforce()
    if background.is_waiting(LOOK_TASK, call_id=call.pk):
        note(repeated=True)
    else:
        background.enqueue(LOOK_TASK, call_id=call.pk)
    return call


@use_case
def keep_look(*, actor: Actor, call: Call, look: Look, now: datetime) -> AnomalyReport:
    """Keep what a look found, open the reviews that are not there yet, and tell everybody who does not know.

    Nobody is excluded and no value changes. The same look again opens nothing. Raises ``Denied``.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    may_look(actor, call).enforce()
    opened = _open(call, look, now)
    report = AnomalyReport.objects.create(
        call=call, made_at=now, basis=look.basis, people=look.people, opened=opened, facts=look.facts
    )
    told = _tell_opened(call, now)
    note(call=call.pk, digest=look.basis, people=look.people, reviews=opened, told=told)
    return report


def _open(call: Call, look: Look, now: datetime) -> int:
    known = {
        _same(kind, application, other, sentence)
        for kind, application, other, sentence in ScoreReview.objects.filter(
            application__call=call
        ).values_list("kind", "application_id", "other_id", "sentence")
    }
    rows = []
    for flag in look.flags:
        if (same := _same(*flag)) not in known:
            known.add(same)
            rows.append(_row(flag, look, now))
    ScoreReview.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return len(rows)


def _same(kind: str, application: int, other: int | None, sentence: str) -> tuple[str, int, int | str]:
    """What makes two flags one: the kind, the person, and the other one or the values, whatever the distance is now."""
    return kind, application, other if other is not None else sentence.rpartition(":")[0]


def _row(flag: Flag, look: Look, now: datetime) -> ScoreReview:
    return ScoreReview(
        application_id=flag.application, other_id=flag.other, kind=flag.kind, sentence=str(flag.sentence)[:300],
        digest=look.basis, opened_at=now,
    )  # fmt: skip


@step
def _tell_opened(call: Call, now: datetime) -> int:
    """Write to everybody with a review that they do not know of; it counts as told to who has no account too."""
    waiting = list(
        ScoreReview.objects.filter(application__call=call, told_at__isnull=True, closed_at__isnull=True)
        .order_by("pk")
        .values_list(
            "pk", "application__folio", "application__person__user", "application__person__user__language"
        )
    )
    until = workdays.due_by(now, REPLY_DAYS)
    ScoreReview.objects.filter(pk__in=[row[0] for row in waiting]).update(told_at=now, reply_until=until)
    return post_many(_opened_letters(call, waiting, until), now=now, subject=call)


def _opened_letters(
    call: Call, waiting: Iterable[tuple[int, str, int | None, str | None]], until: datetime
) -> Iterator[Letter]:
    for review, folio, user, language in waiting:
        if user is None:
            continue
        yield letters.SECOND_LOOK.letter(
            key=f"second-look:{review}", user_id=user, language=language or "", matter=f"call:{call.pk}",
            link=reverse("calls:application_reviews", args=[folio]), call=call.code, folio=folio,
            moment=partial(figures.moment, until),
        )  # fmt: skip


@use_case
def answer_review(
    *, actor: Actor, review: ScoreReview, text: str, now: datetime, examined: files.Examined | None = None
) -> ScoreReview:
    """Keep what the person says to a review, with a file if they add one. The same words again change nothing.

    Raises ``Denied``, and ``ReplyRefused`` without words.
    """
    review = (
        ScoreReview.objects.select_for_update(of=("self",)).select_related("application").get(pk=review.pk)
    )
    text = text.strip()
    if (
        review.replied_at is not None
        and review.reply == text
        and review.application.person_id == actor.person_id
    ):
        note(repeated=True)
        return review
    may_reply(actor, review).enforce()
    if problem := reply_problem(text):
        raise ReplyRefused(problem, _("Escríbela en unas frases."), field="text")
    review.reply, review.replied_at = text, now
    review.file = files.keep(examined, now=now) if examined is not None else None
    review.save(update_fields=["reply", "replied_at", "file"])
    note(file=review.file.digest if review.file else "")
    return review


@step
def tell_outcome(review: ScoreReview, *, now: datetime) -> None:
    """Write to the person what came of a review that they know of."""
    user = getattr(review.application.person, "user", None)
    if user is None or review.told_at is None:
        return
    folio, is_cleared = review.application.folio, review.decision == ReviewDecision.CLEARED
    letter = letters.SECOND_LOOK_OVER.letter(
        key=f"second-look-over:{review.pk}", user_id=user.pk, language=user.language,
        matter=f"call:{review.application.call_id}", link=reverse("calls:application_reviews", args=[folio]),
        folio=folio, is_cleared=is_cleared, is_passed_on=not is_cleared,
    )  # fmt: skip
    post_letter(letter, now=now, subject=review)
