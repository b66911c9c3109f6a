"""Claims against a provisional list: lodged with a receipt, decided by two people, carried out by a further run."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.allocation import queries
from cauce.allocation.models import Claim, ClaimFile, ClaimKind, ClaimState
from cauce.allocation.operations import disputes
from cauce.allocation.rules import claims as rules
from cauce.allocation.rules import letters
from cauce.allocation.rules import releases as release_rules
from cauce.base import files
from cauce.base.actors import Actor
from cauce.base.errors import DomainError, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls.models import Application, Call, Post
from cauce.calls.rules.application import read_merit
from cauce.calls.rules.canonical import canonical, digest_of
from cauce.notices.operations import post_letter
from cauce.notices.rules import Template

SHORTEST_GROUNDS = 20
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class ClaimRefused(Refused):
    """A claim or a decision that says too little, or values that cannot be."""

    code = "claim_refused"


class DecisionChanged(DomainError):
    """The decision proposed is no longer the one that the page showed."""

    code = "decision_changed"


# ------------------------------------------------------------------- lodge


@use_case
def lodge_claim(
    *,
    actor: Actor,
    application: Application,
    kind: str,
    facts: str,
    asks: str,
    post_key: str = "",
    papers: Sequence[files.Examined] = (),
    now: datetime,
) -> Claim:
    """Lodge a claim against the list in force, within its window, and give its receipt. The same claim twice is once.

    One seat of the post asked for is locked until the decision. Raises
    ``Denied`` out of the window or with a claim open, ``ClaimRefused`` for what is missing.
    """
    Call.objects.select_for_update(of=("self",)).get(pk=application.call_id)
    application = Application.objects.select_related("call", "person").get(pk=application.pk)
    digest = digest_of(canonical({"folio": application.folio, "kind": kind, "facts": facts.strip(), "asks": asks.strip(), "post": post_key,
                               "files": [hashlib.sha256(one.data).hexdigest() for one in papers]}))  # fmt: skip
    mine = actor.person_id is not None and actor.person_id == application.person_id
    known = Claim.objects.filter(application=application, state__in=rules.OPEN).first()
    if mine and known is not None and known.digest == digest:
        note(repeated=True)
        return known
    release = release_rules.current_list(queries.releases_of(application.call))
    rules.may_claim(
        actor, person_id=application.person_id, release=release, has_open=known is not None, now=now
    ).enforce()
    assert release is not None  # noqa: S101 - the rule has seen it
    claim = Claim.objects.create(
        release=release, application=application, kind=_kind(kind), facts=_facts(facts), asks=_asks(asks),
        post=_post(application, post_key), receipt=_receipt(application.call), digest=digest, lodged_at=now,
    )  # fmt: skip
    ClaimFile.objects.bulk_create(
        [
            ClaimFile(claim=claim, number=number, file=files.keep(paper, now=now))
            for number, paper in enumerate(papers, 1)
        ]
    )
    disputes.open_for_claim(claim, now=now)
    _tell(claim, letters.CLAIM_LODGED, key=f"claim-lodged:{claim.pk}", now=now)
    note(receipt=claim.receipt, digest=digest)
    return claim


def _kind(kind: str) -> str:
    if kind not in ClaimKind.values:
        raise ClaimRefused(_("Falta decir qué está mal."), _("Elige una opción."), field="kind")
    return kind


def _facts(text: str) -> str:
    text = text.strip()
    if not rules.SHORTEST_FACTS <= len(text) <= rules.LONGEST_FACTS:
        raise ClaimRefused(
            _("Cuenta los hechos en %(least)s a %(most)s caracteres; llevas %(now)s.")
            % {"least": rules.SHORTEST_FACTS, "most": rules.LONGEST_FACTS, "now": len(text)},
            _("No se guardó nada."), field="facts",
        )  # fmt: skip
    return text


def _asks(text: str) -> str:
    if not 3 <= len(text.strip()) <= 600:
        raise ClaimRefused(
            _("Falta lo que pides, en una o dos oraciones."), _("No se guardó nada."), field="asks"
        )
    return text.strip()


def _post(application: Application, key: str) -> Post | None:
    if not key:
        return None
    post = Post.objects.filter(call=application.call, key=key).first()
    if post is None or post.pk not in queries.list_of(application):
        raise ClaimRefused(
            _("Esa plaza no está en la lista que enviaste."), _("Elige una de tu lista."), field="post_key"
        )
    return post


def _receipt(call: Call) -> str:
    return f"I-{call.code}-" + "".join(secrets.choice(_ALPHABET) for _at in range(8))


# ------------------------------------------------------------------ decide


@use_case
def propose_decision(
    *, actor: Actor, claim: Claim, upholds: bool, grounds: str, merit: Sequence[str] = (), now: datetime
) -> Claim:
    """Propose to uphold or to reject a claim, with its grounds; a new proposal replaces one that nobody confirmed.

    ``merit`` are the right values of all criteria, which upholding needs
    unless the list had been left out. Raises ``Denied`` or ``ClaimRefused``.
    """
    claim = _locked(claim)
    call = claim.application.call
    rules.may_propose(actor, call, claim, barred=queries.barred_from(claim)).enforce()
    if len(grounds.strip()) < SHORTEST_GROUNDS:
        raise ClaimRefused(
            _("Falta el fundamento de la decisión."), _("Escribirlo: la persona lo lee."), field="grounds"
        )
    values = _values(claim, call, upholds, merit)
    same = (claim.proposed_by_id, claim.upholds, claim.grounds, claim.merit) == (
        actor.user_id, upholds, grounds.strip(), values,
    )  # fmt: skip
    if same:
        note(repeated=True)
        return claim
    claim.state, claim.upholds, claim.grounds, claim.merit = (
        ClaimState.PROPOSED,
        upholds,
        grounds.strip(),
        values,
    )
    claim.proposed_by_id, claim.proposed_at = actor.user_id, now
    claim.save(update_fields=["state", "upholds", "grounds", "merit", "proposed_by", "proposed_at"])
    note(receipt=claim.receipt, upholds=upholds)
    return claim


def _values(claim: Claim, call: Call, upholds: bool, merit: Sequence[str]) -> list[str]:
    values = [value.strip() for value in merit]
    if not upholds or not any(values):
        if upholds and claim.kind != ClaimKind.LEFT_OUT:
            raise ClaimRefused(
                _("Para que proceda hay que decir los valores correctos."),
                _("Escribir el valor de cada criterio, también los que no cambian."),
            )
        if upholds and (not queries.list_of(claim.application) or not claim.application.merit):
            raise ClaimRefused(
                _("Esta solicitud no tiene lista enviada o puntajes: no hay qué tomar en cuenta."),
                field="upholds",
            )
        return []
    values += [""] * (len(call.score_criteria) - len(values))
    return [
        read_merit(criterion, value) for criterion, value in zip(call.score_criteria, values, strict=True)
    ]


@use_case
def decide_claim(*, actor: Actor, claim: Claim, fingerprint: str, now: datetime) -> Claim:
    """Confirm the decision that somebody else proposed, as ``fingerprint`` showed it. Deciding twice is once.

    The seat that the claim locked is let go; what an upheld claim gives comes
    with the next list or round. Raises ``Denied`` or ``DecisionChanged``.
    """
    claim = _locked(claim)
    call = claim.application.call
    if claim.decided_by_id is not None and claim.decided_by_id == actor.user_id:
        note(repeated=True)
        return claim
    rules.may_decide(actor, call, claim, barred=queries.barred_from(claim)).enforce()
    if fingerprint != queries.fingerprint_of(claim):
        raise DecisionChanged(
            _("La propuesta cambió mientras la leías."), _("Revisarla otra vez antes de confirmar.")
        )
    claim.state = ClaimState.UPHELD if claim.upholds else ClaimState.REJECTED
    claim.decided_by_id, claim.decided_at = actor.user_id, now
    claim.save(update_fields=["state", "decided_by", "decided_at"])
    disputes.close_for_claim(claim, by=actor.user_id, now=now)
    _tell(
        claim, letters.CLAIM_DECIDED, key=f"claim-decided:{claim.pk}", now=now, upholds=claim.upholds,
        rejects=not claim.upholds,
    )  # fmt: skip
    note(receipt=claim.receipt, upholds=claim.upholds, post=claim.post_id)
    return claim


@step
def _tell(claim: Claim, text: Template, *, key: str, now: datetime, **facts: Any) -> None:
    people = queries.users_of([claim.application_id])
    if claim.application_id not in people:
        return
    user_id, language = people[claim.application_id]
    call = claim.application.call
    letter = text.letter(
        key=key, user_id=user_id, language=language, matter=f"call:{call.pk}",
        link=reverse("allocation:claim_form", args=[call.code, claim.application.folio]), receipt=claim.receipt, **facts,
    )  # fmt: skip
    post_letter(letter, now=now, subject=claim)


def _locked(claim: Claim) -> Claim:
    Call.objects.select_for_update(of=("self",)).get(pk=claim.application.call_id)
    return Claim.objects.select_related("application__call", "application__person").get(pk=claim.pk)
