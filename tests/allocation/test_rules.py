"""Who may, who may not, and the sentence that says why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cauce.accounts import roles
from cauce.allocation import rules
from cauce.allocation.models import Run, RunState
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED
from cauce.calls.models import Call, CallState

HOLDS = [{"name": "A1", "holds": True}]


@pytest.fixture
def call(now):
    return Call(
        institution_id=1,
        state=CallState.PUBLISHED,
        opens_at=now - timedelta(days=9),
        closes_at=now - timedelta(seconds=1),
        results_at=now + timedelta(days=1),
    )


def officer(user_id: int, *permissions: str, where: int | None = 1) -> Actor:
    return Actor(
        name=f"user:{user_id}", user_id=user_id, grants=frozenset((one, where) for one in permissions)
    )


def run_of(call, state=RunState.CERTIFIED, checks=HOLDS, number=1) -> Run:
    return Run(call=call, number=number, state=state, checks=checks)


def test_a_run_is_asked_for_from_the_second_after_the_last(call, now):
    manager = officer(1, roles.ALLOCATION_RUN)
    assert rules.may_run(manager, call, is_published=False, now=now)
    last_second = now - timedelta(seconds=1)
    assert not rules.may_run(
        manager, call, is_published=False, now=last_second + timedelta(microseconds=999_999)
    )
    assert not rules.may_run(manager, call, is_published=True, now=now)
    assert not rules.may_run(officer(1, roles.ALLOCATION_RUN, where=2), call, is_published=False, now=now)
    assert rules.may_run(officer(1, roles.ALLOCATION_RUN, where=None), call, is_published=False, now=now)


@pytest.mark.parametrize(
    ("signed", "newest", "state", "checks", "says"),
    [
        ([7], 1, RunState.CERTIFIED, HOLDS, "otra persona"),
        ([8, 9], 1, RunState.CERTIFIED, HOLDS, "dos firmas"),
        ([], 2, RunState.CERTIFIED, HOLDS, "más reciente"),
        ([], 1, RunState.RUNNING, [], "certificada"),
        ([], 1, RunState.CERTIFIED, [], "certificada"),
        ([], 1, RunState.CERTIFIED, [{"name": "A3", "holds": False}], "certificada"),
        ([], 1, RunState.PUBLISHED, HOLDS, "ya se publicó"),
    ],
)
def test_why_a_signature_is_refused(call, signed, newest, state, checks, says):
    verdict = rules.may_sign(
        officer(7, roles.ALLOCATION_SIGN), run_of(call, state, checks), signed_by=signed, newest=newest
    )
    assert not verdict
    assert says in str(verdict.reason)


def test_the_second_signature_is_of_another_person(call):
    signer = officer(7, roles.ALLOCATION_SIGN)
    assert rules.may_sign(signer, run_of(call), signed_by=[], newest=1)
    assert rules.may_sign(signer, run_of(call), signed_by=[8], newest=1)
    assert not rules.may_sign(
        officer(7, roles.ALLOCATION_SIGN, where=2), run_of(call), signed_by=[], newest=1
    )


def test_two_signatures_publish_and_one_does_not(call):
    signer, manager = officer(7, roles.ALLOCATION_SIGN), officer(6, roles.CALL_MANAGE)
    for who in (signer, manager):
        assert not rules.may_publish(who, run_of(call), signed_by=[7], newest=1, cleared=ALLOWED)
        assert rules.may_publish(who, run_of(call), signed_by=[7, 8], newest=1, cleared=ALLOWED)
    stranger = officer(5, roles.ALLOCATION_SIGN)
    assert not rules.may_publish(stranger, run_of(call), signed_by=[7, 8], newest=1, cleared=ALLOWED), (
        "holds the office, did not sign"
    )


def test_only_the_person_and_who_answers_for_the_call_read_why(call):
    assert rules.may_explain(Actor(name="user:3", user_id=3, person_id=30), call, person_id=30)
    assert not rules.may_explain(Actor(name="user:3", user_id=3, person_id=31), call, person_id=30)
    assert not rules.may_explain(Actor.nobody(), call, person_id=30)
    assert rules.may_explain(officer(4, roles.RESULT_EXPLAIN), call, person_id=30)
    assert not rules.may_explain(officer(4, roles.RESULT_EXPLAIN, where=2), call, person_id=30)


def test_the_stages_follow_the_run(call):
    def reached(run, signatures=0):
        return [kind for _label, kind in rules.stages(run, signatures)]

    assert reached(run_of(call, RunState.QUEUED, []))[0] == "now"
    frozen = run_of(call, RunState.RUNNING, [])
    frozen.question_digest = "sha256:0"
    assert reached(frozen)[:2] == ["done", "now"]
    assert reached(run_of(call), 1)[3:] == ["done", "now", ""]
    assert set(reached(run_of(call, RunState.PUBLISHED), 2)) == {"done"}


def test_publishing_is_early_until_the_announced_second(call):
    assert rules.early_warning(call, now=call.results_at - timedelta(microseconds=1))
    assert not rules.early_warning(call, now=call.results_at)
    assert not rules.early_warning(call, now=call.results_at + timedelta(days=1))
