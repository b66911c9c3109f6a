"""The review of a package before it is public: who is asked for it, the decision, and who is told of being told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cauce.allocation import queries
from cauce.allocation.models import PrivacyReview, Run, Treatment
from cauce.allocation.rules import letters
from cauce.allocation.rules import privacy as rules
from cauce.allocation.rules.exposure import Exposure
from cauce.base import background
from cauce.base.actors import Actor
from cauce.base.errors import Denied, DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.notices.operations import post_many
from cauce.notices.rules import Letter

TELL_APART = "cauce.allocation.tasks.tell_apart"
BATCH = 5000


class PackageChanged(DomainError):
    """What was read is not the package of this run."""

    code = "package_changed"


class GroundsMissing(Refused):
    """A decision that does not say on what grounds, or says too much."""

    code = "grounds_missing"


@use_case
def decide_package(
    *, actor: Actor, run: Run, exposure: Exposure, treatment: str, grounds: str, now: datetime
) -> PrivacyReview:
    """Say whether the package of ``run`` becomes public as it is, having read ``exposure`` of these very bytes.

    A yes asks the worker to tell everybody whom neighbours could tell apart,
    before anything is public. Whoever waits for the word gets a letter. The
    same again changes nothing. Raises ``Denied``, ``PackageChanged``, ``GroundsMissing``.
    """
    run = queries.light_runs().select_for_update(of=("self",)).select_related("call").get(pk=run.pk)
    known = queries.privacy_reviews(run)
    grounds, last = grounds.strip(), known[-1] if known else None
    if last is not None and (last.treatment, last.grounds, last.decided_by_id) == (
        treatment,
        grounds,
        actor.user_id,
    ):
        note(repeated=True)
        return last
    rules.may_decide(actor, run, known).enforce()
    if exposure.digest != run.package_digest:
        raise PackageChanged(
            gettext_lazy("El paquete que se leyó no es el de esta corrida."),
            gettext_lazy("Abrir la revisión de nuevo."),
        )
    if not rules.FEWEST_LETTERS <= len(grounds) <= rules.MOST_LETTERS:
        raise GroundsMissing(
            _("Faltan palabras, o sobran: de %(least)s a %(most)s letras.")
            % {"least": rules.FEWEST_LETTERS, "most": rules.MOST_LETTERS},
            _("Escribir el fundamento, con artículo."), field="grounds",
        )  # fmt: skip
    review = PrivacyReview.objects.create(
        run=run, package_digest=run.package_digest, treatment=treatment, grounds=grounds, counts=exposure.counts(),
        alone=len(exposure.alone), decided_by_id=actor.user_id or 0, office=_office_of(actor, run), decided_at=now,
    )  # fmt: skip
    if treatment == Treatment.PUBLISH and exposure.alone:
        background.enqueue(TELL_APART, run_id=run.pk)
    _tell_desk(review, run, actor, now=now)
    note(call=run.call_id, package=run.package_digest, decision=treatment, alone=review.alone)
    return review


def _office_of(actor: Actor, run: Run) -> str:
    held = queries.reviewing_memberships(run.call.institution_id).filter(user_id=actor.user_id or 0)
    office = held.order_by("role").values_list("role", flat=True).first()
    if office is None:
        raise Denied(gettext_lazy("Decidir sobre el paquete toca a la unidad de datos personales."))
    return office


@step
def ask_for_review(run: Run, *, now: datetime) -> None:
    """Write to everybody who may review the package of a run that waits for it; for one run nobody gets two letters."""
    if rules.cleared(run, queries.privacy_reviews(run)):
        return
    call = run.call
    asked = [
        letters.PACKAGE_WAITS.letter(
            key=f"package-review:{run.pk}:{user.pk}", user_id=user.pk, language=user.language,
            link=reverse("allocation:privacy", args=[call.code, run.number]), call=call.code, number=run.number,
            title=call.title,
        )
        for user in queries.package_reviewers(call.institution_id)
    ]  # fmt: skip
    post_many(asked, now=now, subject=run)


@step
def _tell_desk(review: PrivacyReview, run: Run, actor: Actor, *, now: datetime) -> None:
    call, is_yes = run.call, review.treatment == Treatment.PUBLISH
    told = [
        letters.PACKAGE_DECIDED.letter(
            key=f"package-decided:{review.pk}:{user.pk}", user_id=user.pk, language=user.language,
            link=reverse("allocation:privacy", args=[call.code, run.number]), call=call.code, number=run.number,
            title=call.title, is_yes=is_yes, is_no=not is_yes,
        )
        for user in queries.signatories(call.institution_id).exclude(pk=actor.user_id or 0)
    ]  # fmt: skip
    post_many(told, now=now, subject=run)


# --------------------------------------------------------------- who is told apart


def tell_apart(*, run_id: int, read_clock: Callable[[], datetime]) -> None:
    """Write to everybody whom the package of a cleared run lets neighbours tell; once for a call, whatever its runs."""
    run = queries.light_runs().select_related("call").get(pk=run_id)
    folios = queries.exposure_of(run).alone
    for start in range(0, len(folios), BATCH):
        tell_apart_batch(
            actor=Actor.system("allocation"), run=run, folios=folios[start : start + BATCH], now=read_clock()
        )


@use_case
def tell_apart_batch(*, actor: Actor, run: Run, folios: Sequence[str], now: datetime) -> Run:
    """Write to the people of these folios; whoever has the letter of this call already gets no second one."""
    run = queries.light_runs().select_related("call__institution").get(pk=run.pk)
    told = post_many(_letters(run, queries.accounts_of(run.call, folios)), now=now, subject=run)
    note(told=told)
    return run


def _letters(run: Run, readers: Sequence[tuple[str, int, str]]) -> Iterator[Letter]:
    for folio, user_id, language in readers:
        yield letters.TOLD_APART.letter(
            key=f"told-apart:{run.call_id}:{user_id}", user_id=user_id, language=language,
            matter=f"call:{run.call_id}", link=reverse("accounts:rights"), call=run.call.title[:110],
            title=run.call.title, folio=folio,
        )  # fmt: skip
