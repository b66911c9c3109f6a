"""Calls for senior managers as their pages show them: profile reviews, shortlist, appointment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import Application, ApplicationState, Appointment, Call, Post, ShortlistEntry
from cauce.calls.queries.desk import name_of
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules import managers as rulebook

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """An applicant by folio: how many of the profile they meet, which indispensable ones not, their values."""

    application: Application
    is_reviewed: bool
    met: int
    lacking: list[str]
    merit: list[str]


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post with its shortlist, if it is made; ``may_sign`` speaks of its proposal."""

    post: Post
    made: Any
    entries: list[ShortlistEntry]
    appointment: Appointment | None
    proposed_by: str
    signed_by: str
    may_sign: Verdict | None
    expected: str = ""


@dataclass(frozen=True, slots=True)
class ShortlistsPage:
    frame: Frame
    may_review: Verdict
    may_shortlist: Verdict
    posts: list[PostRow]
    candidates: list[Candidate]
    page: Page[Any]


def shortlists_page(actor: Actor, call: Call, *, number: Any, now: datetime) -> ShortlistsPage:
    """Posts with their shortlists, and fifty applicants, in six queries."""
    rows = (
        Application.objects.filter(call=call, state=ApplicationState.SUBMITTED)
        .select_related("profile_review")
        .order_by("folio")
    )
    page = Paginator(rows, PER_PAGE).get_page(number)
    return ShortlistsPage(
        frame=desk_frame(actor, call, "calls:shortlists", now=now),
        may_review=rulebook.may_review_profile(actor, call),
        may_shortlist=rulebook.may_shortlist(actor, call),
        posts=[_post_row(actor, call, post) for post in _posts(call)],
        candidates=[_candidate(call, one) for one in page],
        page=page,
    )


def _posts(call: Call) -> list[Post]:
    return list(
        call.posts.select_related(
            "site__state", "shortlist__made_by__person", "shortlist__appointment__entry__application",
            "shortlist__appointment__proposed_by__person", "shortlist__appointment__signed_by__person",
        )
        .prefetch_related("shortlist__entries__application")
        .order_by("key")[:PER_PAGE]
    )  # fmt: skip


def _post_row(actor: Actor, call: Call, post: Post) -> PostRow:
    made = getattr(post, "shortlist", None)
    if made is None:
        return PostRow(post, None, [], None, "", "", None)
    entries = sorted(made.entries.all(), key=lambda one: one.place)
    current = getattr(made, "appointment", None)
    if current is None:
        return PostRow(post, made, entries, None, "", "", None)
    return PostRow(
        post, made, entries, current, name_of(current.proposed_by),
        name_of(current.signed_by) if current.signed_by else "",
        rulebook.may_sign(actor, current, call.institution_id), rulebook.fingerprint_of(current),
    )  # fmt: skip


def _candidate(call: Call, one: Application) -> Candidate:
    review = getattr(one, "profile_review", None)
    met = review.met if review else []
    merit = [*one.merit, *[""] * len(call.score_criteria)][: len(call.score_criteria)]
    return Candidate(
        one, review is not None, len(met), rulebook.lacking(call.profile, met) if review else [], merit
    )


def appointments_of(call: Call) -> list[Appointment]:
    """The signed appointments of a call with their posts and folios, in one query: they are public."""
    return list(
        Appointment.objects.filter(shortlist__post__call=call, signed_at__isnull=False)
        .select_related("shortlist__post__site", "entry__application")
        .order_by("shortlist__post__key")
    )


def shortlisted_in(call: Call) -> QuerySet[ShortlistEntry]:
    """Who is or was on a shortlist of the call."""
    return ShortlistEntry.objects.filter(shortlist__post__call=call).select_related("application")
