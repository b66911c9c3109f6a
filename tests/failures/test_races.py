"""Two people at the same moment: one thing happens, once, and who came second gets an answer."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from cauce.accounts import operations as accounts
from cauce.accounts import rules as identity
from cauce.accounts.models import IdentityDocument, Person, PrivacyNotice, User
from cauce.allocation import operations as allocation
from cauce.allocation.models import Claim, LiveEntry, LivePost, RunState, Signature
from cauce.allocation.operations import live
from cauce.allocation.queries import fingerprint_of
from cauce.base.actors import Actor
from cauce.base.models import AuditEvent
from cauce.calls import operations as calls
from cauce.calls import queries, rules
from cauce.notices.models import Message
from tests.accounts import factories as people
from tests.allocation import factories as market
from tests.allocation import live as live_acts
from tests.calls import drafts
from tests.conftest import NOON
from tests.races import at_once, meanwhile, on_file


def register(email: str, birth: date) -> str:
    """Register somebody whose CURP follows from ``birth``."""
    names = {"given_names": "Mariana", "first_surname": "Xool", "second_surname": "Cocom"}
    curp = identity.compose_curp(**names, birth_date=birth, sex="M", birth_state="31")
    user = accounts.register(
        **names, email=email, curp=curp, password=people.PASSWORD, notice_version=1,
        actor=Actor.nobody(), now=NOON,
    )  # fmt: skip
    return user.email


def registering() -> dict:
    """Two visitors with one CURP and different addresses, and one visitor who presses twice."""
    PrivacyNotice.objects.exists() or people.make_notice()
    shared, own = date(1996, 4, 17), date(1991, 2, 3)
    one_curp = at_once(partial(register, "uno@x.mx", shared), partial(register, "dos@x.mx", shared))
    twice = at_once(partial(register, "tres@x.mx", own), partial(register, "tres@x.mx", own))
    return {
        "one_curp": one_curp,
        "twice": twice,
        "kept": sorted(User.objects.values_list("email", flat=True)),
        "people": Person.objects.count(),
        "curps": IdentityDocument.objects.count(),
    }


def confirming() -> dict:
    """Somebody signs in for the first time while a registration would take the place of their account."""
    PrivacyNotice.objects.exists() or people.make_notice()
    mine, other = date(1988, 8, 9), date(1989, 9, 10)
    account = User.objects.filter(email=register("mia@x.mx", mine))

    def signed_in() -> None:
        account.update(last_login=NOON)

    def forgotten() -> None:
        account.update(last_login=None)

    with_my_curp = meanwhile(signed_in, partial(register, "otra@x.mx", mine))
    forgotten()
    with_my_address = meanwhile(signed_in, partial(register, "mia@x.mx", other))
    return {"with_my_curp": with_my_curp, "with_my_address": with_my_address, "kept": account.count()}


def publishing_a_call() -> dict:
    """Two managers publish one draft."""
    call = drafts.draft("CARRERA")
    managers = [drafts.officer(name=name) for name in ("Carla", "Ofelia")]
    findings = rules.lint(queries.snapshot(call), now=drafts.BEFORE_OPENING)
    keys = [finding.key for finding in rules.warnings(findings)]

    def publish(actor: Actor) -> str:
        return calls.publish_call(
            actor=actor, call=call, acknowledged=keys, now=drafts.BEFORE_OPENING
        ).rules_digest

    given = at_once(*(partial(publish, actor) for actor in managers))
    call.refresh_from_db()
    events = AuditEvent.objects.filter(action="calls.publish_call", subject_id=str(call.pk))
    return {
        "given": given,
        "digest": call.rules_digest,
        "publications": sum("rules_digest" in event.detail for event in events),
    }


def signing() -> dict:
    """Two signatories sign at once, one of them twice; then both publish at once."""
    call = market.closed_call(NOON)
    staff = market.people(call)
    market.market(call, NOON, people_=staff)
    run = market.done_run(staff.carla, call, NOON)

    def sign(actor: Actor) -> str:
        allocation.sign(actor=actor, run=run, digest=run.answer_digest, now=NOON)
        return "signed"

    signed = at_once(*(partial(sign, actor) for actor in (staff.carla, staff.sofia, staff.carla)))
    asked = sorted(key.split(":")[0] for key in Message.objects.values_list("key", flat=True))
    market.reviewed(run, NOON)

    def publish(actor: Actor) -> str:
        return allocation.publish(actor=actor, run=run, now=NOON).state

    published = at_once(partial(publish, staff.carla), partial(publish, staff.sofia))
    return {
        "signed": sorted(signed),
        "signatures": Signature.objects.filter(run=run).count(),
        "asked": asked,
        "published": published,
        "told": DBTaskResult.objects.filter(task_path=allocation.TELL).count(),
    }


def last_seat() -> dict:
    """The person online, two desks and the clock end one turn at once; then twenty take the last seat of a post."""
    act = live_acts.started(live_acts.closed_call(NOON, "EV24"), NOON)
    first, late = live_acts.turn(act.session, 1), NOON + timedelta(seconds=61)
    wanted = (act.posts.a.pk, act.posts.b.pk)

    def at_desk(post: int) -> str:
        live.choose_at_desk(actor=act.clerk, turn=first, post=post, desk=1, now=NOON)
        return "chosen"

    def clock() -> str:
        live.end_overdue(actor=live_acts.SYSTEM, turn=first, now=late)
        return "ended"

    at_once(partial(at_desk, wanted[0]), partial(at_desk, wanted[1]), partial(at_desk, wanted[0]), clock)
    seats = LivePost.objects.filter(session=act.session)
    lines = LiveEntry.objects.filter(turn=first)
    of_list = LivePost.objects.filter(session=act.session, post=act.posts.d)

    def take() -> int:
        return of_list.filter(taken__lt=F("seats")).update(taken=F("taken") + 1)

    return {
        "lines": lines.count(),
        "taken": sum(seats.values_list("taken", flat=True)),
        "held": lines.get().post_id in wanted,
        "open": live_acts.open_places(act.session),
        "last": sorted(at_once(*[take] * 20))[-2:],
        "full": of_list.get().taken,
    }


def answering() -> dict:
    """Two managers issue a round at once; then somebody accepts, twice, in the second in which the clock runs out."""
    call = market.closed_call(NOON, code="RM26")
    staff = market.staff_of(call, "answering")
    market.market(call, NOON, people_=staff)
    market.declare(call, claim_days=0)
    market.published_run(staff, call, NOON)
    made = market.proposed_round(staff, call, NOON)

    def confirm(actor: Actor) -> str:
        return allocation.confirm_release(actor=actor, release=made, digest=made.digest, now=NOON).state

    confirmed = at_once(*(partial(confirm, actor) for actor in (staff.sofia, staff.boss, staff.sofia)))
    papers = dict.fromkeys(made.offers.values_list("pk", flat=True), b"%PDF")
    system = Actor.system("test")

    def issue() -> str:
        return allocation.issue_batch(actor=system, release_id=made.pk, papers=papers, now=NOON).state

    issued = at_once(issue, issue)
    offer = market.offer_of("mariana", staff)
    last, late = offer.answer_by, offer.answer_by + timedelta(seconds=1)

    def accept() -> str:
        return allocation.answer_offer(actor=staff.mariana, offer=offer, answer="accept", now=last).state

    def lapse() -> str:
        return allocation.lapse_offer(actor=system, offer_id=offer.pk, now=late).state

    answered = at_once(accept, lapse, accept, lapse)
    offer.refresh_from_db()
    return {
        "confirmed": sorted(confirmed),
        "issued": issued,
        "offers": made.offers.count(),
        "letters": Message.objects.filter(key__startswith="offer:").count(),
        "with_account": made.offers.filter(application__person__user__isnull=False).count(),
        "answered": sorted(set(answered)),
        "state": offer.state,
        "seat": offer.seat.state,
        "moves": offer.moves.exclude(after="offered").count(),
    }


def claiming() -> dict:
    """Somebody presses twice, and two people confirm one decision at once."""
    call = market.closed_call(NOON, code="RM27")
    staff = market.staff_of(call, "claiming")
    lists = market.market(call, NOON, people_=staff)
    market.declare(call)
    market.published_run(staff, call, NOON)
    said = {
        "kind": "score",
        "facts": "Mi puntaje se capturó mal.",
        "asks": "Corregirlo.",
        "post_key": "RM27-002",
    }

    def lodge() -> str:
        return allocation.lodge_claim(
            actor=staff.mariana, application=lists.applications[2], now=NOON, **said
        ).receipt

    lodged = at_once(lodge, lodge)
    claim = Claim.objects.select_related("application").get()
    claim = allocation.propose_decision(
        actor=staff.carla, claim=claim, upholds=False, grounds="El acta dice lo que se publicó.", now=NOON
    )
    shown = fingerprint_of(claim)

    def decide(actor: Actor) -> str:
        return allocation.decide_claim(actor=actor, claim=claim, fingerprint=shown, now=NOON).state

    decided = at_once(partial(decide, staff.sofia), partial(decide, staff.boss))
    letters = Message.objects.filter(key__startswith="claim-").count()
    return {"same": len(set(lodged)), "decided": sorted(decided), "letters": letters}


RACES = ("registering", "confirming", "publishing_a_call", "signing", "last_seat", "answering", "claiming")


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory):
    return on_file(tmp_path_factory.mktemp("races"), __name__, *RACES)


def check_registering(found: dict) -> None:
    # An account that nobody confirmed yields to the next registration, so both are answered and one is kept.
    assert set(found["one_curp"]) <= {"uno@x.mx", "dos@x.mx"}
    assert found["twice"] == ["tres@x.mx", "tres@x.mx"]
    assert len(found["kept"]) == found["people"] == found["curps"] == 2
    assert "tres@x.mx" in found["kept"]


def check_confirming(found: dict) -> None:
    assert found == {"with_my_curp": "IdentityTaken", "with_my_address": "EmailTaken", "kept": 1}


def check_publishing_a_call(found: dict) -> None:
    assert found["publications"] == 1
    assert found["digest"] in found["given"]
    assert set(found["given"]) <= {found["digest"], "Denied", "NotPublishable"}


def check_signing(found: dict) -> None:
    assert found["signed"] == ["AlreadySigned", "signed", "signed"]
    assert found["signatures"] == 2
    assert found["asked"] == ["package-review", "second-signature"]
    assert found["published"] == [RunState.PUBLISHED, RunState.PUBLISHED]
    assert found["told"] == 1


def check_last_seat(found: dict) -> None:
    assert found == {"lines": 1, "taken": 1, "held": True, "open": [2, 3], "last": [0, 1], "full": 1}


def check_answering(found: dict) -> None:
    assert found["confirmed"] in (["Denied", "public", "public"], ["Denied", "Denied", "public"])
    assert found["issued"] == ["public", "public"]
    assert found["offers"] == 4
    assert found["letters"] == found["with_account"]
    # Whoever comes first, the offer has one end, and its seat the one that belongs to it.
    assert (found["state"], found["seat"]) in (("accepted", "accepted"), ("lapsed", "free"))
    assert found["state"] in found["answered"]
    assert found["moves"] == 1


def check_claiming(found: dict) -> None:
    assert found == {"same": 1, "decided": ["Denied", "rejected"], "letters": 2}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="these races are for a SQLite file")
@pytest.mark.parametrize("race", RACES)
def test_on_a_file(on_sqlite, race):
    globals()[f"check_{race}"](on_sqlite[race])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite in memory is one connection")
@pytest.mark.parametrize("race", RACES)
def test_on_the_database_of_the_tests(race):
    globals()[f"check_{race}"](globals()[race]())
