"""Reviewing: one case in one pair of hands, two people behind every exclusion, five in a hundred looked at twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.accounts.models import Person, User
from cauce.base.errors import Denied
from cauce.calls import operations, queries
from cauce.calls.models import (
    ApplicationState,
    CaseState,
    Evidence,
    EvidenceState,
    Finding,
    Review,
    ReviewCase,
    Stage,
)
from cauce.calls.operations import DecisionRefused, NothingToReview
from cauce.calls.rules import consistency
from cauce.calls.rules import review as rulebook
from cauce.notices.models import Message
from tests.calls import dossiers, drafts
from tests.calls import factories as make
from tests.calls.dossiers import mark, reviewer
from tests.conftest import NOON


@pytest.fixture
def rosa():
    return reviewer("Rosa")


@pytest.fixture
def rene():
    return reviewer("René")


@pytest.fixture
def raquel():
    return reviewer("Raquel")


def one_case(call, *, curable=False, checked=False, who=None):
    """A case with one document, and its evidence."""
    application = dossiers.drawn(call, who) if checked else dossiers.unchecked(call, who)
    requirement = call.requirements.first() or dossiers.asked(call, is_curable=curable)
    evidence = dossiers.handed_in(application, requirement)
    return dossiers.case(application), evidence


def decide(case, actor, *marks, remark="", now=NOON):
    operations.claim_case(call=case.call, actor=actor, now=now)
    return operations.decide_case(case=case, marks=marks, remark=remark, actor=actor, now=now)


# ------------------------------------------------------------------ the queue


@pytest.mark.django_db
def test_who_has_waited_longest_comes_first_and_a_second_click_takes_no_second(call, rosa, rene):
    young, _evidence = one_case(call)
    old, _evidence = one_case(call)
    ReviewCase.objects.filter(pk=old.pk).update(queued_at=NOON - timedelta(days=1))
    assert operations.claim_case(call=call, actor=rosa, now=NOON) == old
    assert operations.claim_case(call=call, actor=rosa, now=NOON) == old
    assert operations.claim_case(call=call, actor=rene, now=NOON) == young
    with pytest.raises(NothingToReview):
        operations.claim_case(call=call, actor=reviewer("Raquel"), now=NOON)


@pytest.mark.django_db
def test_a_lease_runs_out_and_what_is_given_back_keeps_its_place(call, rosa, rene):
    case, evidence = one_case(call)
    operations.claim_case(call=call, actor=rosa, now=NOON)
    late = NOON + rulebook.LEASE + timedelta(seconds=1)
    assert operations.claim_case(call=call, actor=rene, now=late) == case
    with pytest.raises(Denied, match="ya no está en tus manos"):
        operations.decide_case(case=case, marks=[mark(evidence)], remark="", actor=rosa, now=late)
    for _twice in range(2):
        operations.release_case(case=case, actor=rene, now=late)
    case.refresh_from_db()
    assert (case.claimed_by, case.queued_at) == (None, NOON)


@pytest.mark.django_db
def test_nobody_reviews_their_own_file_nor_one_that_is_not_sent_or_of_another_institution(call):
    user = User.objects.get(pk=reviewer("Rosa").user_id)
    user.person = make.person("Rosa")
    user.save()
    own = make.actor(user)
    case, _evidence = one_case(call, who=user.person)
    with pytest.raises(NothingToReview):
        operations.claim_case(call=call, actor=own, now=NOON)
    with pytest.raises(Denied):
        operations.claim_case(
            call=call, actor=drafts.officer("reviewer", make.institution("OTRA").code, "Otra"), now=NOON
        )
    case.application.state = ApplicationState.WITHDRAWN
    case.application.withdrawn_at = NOON
    case.application.save()
    with pytest.raises(NothingToReview):
        operations.claim_case(call=call, actor=reviewer("René"), now=NOON)


@pytest.mark.django_db
def test_what_is_not_complete_waits_for_closing(call, rosa):
    application = dossiers.unchecked(call)
    dossiers.asked(call)
    case = dossiers.case(application, is_complete=False)
    with pytest.raises(NothingToReview):
        operations.claim_case(call=call, actor=rosa, now=call.closes_at)
    after = call.closes_at + timedelta(seconds=1)
    assert operations.claim_case(call=call, actor=rosa, now=after) == case
    with pytest.raises(DecisionRefused, match="no se presentó"):
        operations.decide_case(
            case=case, marks=[rulebook.Mark("titulo", None, "accept")], remark="", actor=rosa, now=after
        )
    done = operations.decide_case(
        case=case,
        marks=[rulebook.Mark("titulo", None, "exclude", "missing")],
        remark="",
        actor=rosa,
        now=after,
    )
    assert done.stage == Stage.SIGNATURE


# ----------------------------------------------------------------- decisions


@pytest.mark.django_db
def test_an_accepted_file_is_verified_told_and_not_decided_twice(call, rosa):
    user = make.user("Mariana")
    case, evidence = one_case(call, who=user.person)
    decide(case, rosa, mark(evidence))
    again = operations.decide_case(case=case, marks=[mark(evidence)], remark="", actor=rosa, now=NOON)
    evidence.refresh_from_db()
    assert (again.state, evidence.state) == (CaseState.ACCEPTED, EvidenceState.VERIFIED)
    assert Review.objects.count() == 1
    assert "completo" in Message.objects.get(user=user).title


@pytest.mark.parametrize(
    ("curable", "finding", "reason", "words"),
    [
        (False, "observe", "unreadable", "no es subsanable"),
        (True, "exclude", "unreadable", "primero se observa"),
        (True, "observe", "", "falta el motivo"),
        (True, "observe", "porque sí", "falta el motivo"),
        (True, "return", "", "falta decidir"),
    ],
)
@pytest.mark.django_db
def test_what_the_call_does_not_allow_is_refused_on_its_field(call, rosa, curable, finding, reason, words):
    case, evidence = one_case(call, curable=curable)
    with pytest.raises(DecisionRefused, match=words) as refused:
        decide(case, rosa, mark(evidence, finding, reason))
    assert refused.value.field.endswith("titulo")
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_an_observation_has_a_clock_and_mending_brings_it_back(rosa):
    call = make.call(opens_at=NOON - timedelta(days=9), closes_at=NOON - timedelta(seconds=1))
    user = make.user("Mariana")
    hers = make.actor(user)
    case, evidence = one_case(call, curable=True, who=user.person)
    case = decide(case, rosa, mark(evidence, "observe", "unreadable"), remark="Falta la esquina.")
    # Three working days after Saturday 10 February: until the end of Wednesday 14.
    assert case.cure_until.isoformat() == "2024-02-14T23:59:59-06:00"
    letter = Message.objects.get(user=user)
    assert "No se lee" in letter.body
    assert "Falta la esquina." in letter.body
    frame = queries.frame(case.application, hers, now=NOON)
    page = queries.my_file(frame, hers, now=NOON)
    assert (page.is_observed, page.rows[0].observed, page.remark) == (True, "No se lee", "Falta la esquina.")
    first = queries.my_home_page(hers, now=NOON).first
    assert (first.headline, first.until) == ("Hay algo que corregir", case.cure_until)
    with pytest.raises(NothingToReview):
        operations.claim_case(call=call, actor=rosa, now=NOON)

    def mend(text, now):
        return operations.hand_in(
            application=case.application, requirement=evidence.requirement, parts=[dossiers.picture(text)],
            issued_on=None, actor=hers, now=now,
        )  # fmt: skip

    with pytest.raises(Denied, match="terminó"):
        mend("tarde", case.cure_until + timedelta(seconds=1))
    fresh = mend("nítida", case.cure_until)
    case.refresh_from_db()
    assert (case.state, case.round) == (CaseState.QUEUED, 2)
    assert queries.my_home_page(hers, now=NOON).first is None
    with pytest.raises(Denied):  # once mended, it is closed again
        mend("otra", case.queued_at)
    Message.objects.all().delete()
    assert decide(case, rosa, mark(fresh), now=case.queued_at).state == CaseState.ACCEPTED


@pytest.mark.django_db
def test_what_is_not_mended_in_time_may_be_excluded_by_two(call, rosa, rene):
    case, evidence = one_case(call, curable=True)
    case = decide(case, rosa, mark(evidence, "observe", "unreadable"))
    late = case.cure_until + timedelta(seconds=1)
    page = queries.case_page(operations.claim_case(call=call, actor=rosa, now=late), rosa, now=late)
    assert page.waiting[0].is_lapsed
    case = decide(case, rosa, mark(evidence, "exclude", "unreadable"), now=late)
    assert (case.state, case.stage) == (CaseState.QUEUED, Stage.SIGNATURE)
    with pytest.raises(NothingToReview):  # not the same person
        operations.claim_case(call=call, actor=rosa, now=late)
    operations.claim_case(call=call, actor=rene, now=late)
    done = operations.sign_exclusion(case=case, signs=True, remark="", actor=rene, now=late)
    assert done.state == CaseState.EXCLUDED


@pytest.mark.django_db
def test_a_signature_that_is_refused_needs_a_reason_and_asks_a_third_person(call, rosa, rene, raquel):
    case, evidence = one_case(call)
    decide(case, rosa, mark(evidence, "exclude", "altered"))
    operations.claim_case(call=call, actor=rene, now=NOON)
    with pytest.raises(DecisionRefused, match="por qué no se firma"):
        operations.sign_exclusion(case=case, signs=False, remark=" ", actor=rene, now=NOON)
    for _twice in range(2):
        operations.sign_exclusion(case=case, signs=False, remark="Es el sello.", actor=rene, now=NOON)
    case = decide(case, raquel, mark(evidence))
    assert case.state == CaseState.ACCEPTED
    evidence.refresh_from_db()
    assert evidence.state == EvidenceState.VERIFIED


@pytest.mark.django_db
def test_a_document_that_changed_while_it_was_looked_at_is_not_decided(call, rosa):
    user = make.user("Mariana")
    case, evidence = one_case(call, who=user.person)
    operations.claim_case(call=call, actor=rosa, now=NOON)
    operations.hand_in(
        application=case.application, requirement=evidence.requirement, parts=[dossiers.picture("otra")],
        issued_on=None, actor=make.actor(user), now=NOON,
    )  # fmt: skip
    with pytest.raises(Denied, match="ya no está en tus manos"):
        operations.decide_case(case=case, marks=[mark(evidence)], remark="", actor=rosa, now=NOON)
    operations.claim_case(call=call, actor=rosa, now=NOON)
    with pytest.raises(DecisionRefused, match="cambió mientras"):
        operations.decide_case(case=case, marks=[mark(evidence)], remark="", actor=rosa, now=NOON)


# -------------------------------------------------------------- double check


@pytest.mark.once
def test_five_in_a_hundred_are_drawn():
    drawn = sum(rulebook.is_checked("semilla", number, 1) for number in range(20_000))
    assert 900 < drawn < 1100


@pytest.mark.django_db
def test_a_blind_check_shows_no_first_decision_and_upholds_it(call, rosa, rene):
    case, evidence = one_case(call, checked=True)
    case = decide(case, rosa, mark(evidence), remark="Se ve bien.")
    assert (case.state, case.stage) == (CaseState.QUEUED, Stage.BLIND)
    evidence.refresh_from_db()
    assert evidence.state == EvidenceState.HANDED_IN  # nothing counts yet
    claimed = operations.claim_case(call=call, actor=rene, now=NOON)
    page = queries.case_page(claimed, rene, now=NOON)
    assert (page.proposal, page.stage_words) == (None, "Revisión")
    assert decide(case, rene, mark(evidence)).state == CaseState.ACCEPTED
    assert queries.checked(call) == queries.Checked(decided=1, checked=1, changed=0)


@pytest.mark.django_db
def test_two_who_differ_are_settled_by_a_third_and_the_rate_is_published(
    client, at_noon, call, rosa, rene, raquel
):
    case, evidence = one_case(call, checked=True)
    decide(case, rosa, mark(evidence))
    case = decide(case, rene, mark(evidence, "exclude", "altered"))
    assert case.stage == Stage.THIRD
    case = decide(case, raquel, mark(evidence, "exclude", "altered"))
    assert case.state == CaseState.EXCLUDED  # two of three, unseen by each other: two signatures
    assert queries.checked(call) == queries.Checked(decided=1, checked=1, changed=1)
    public = client.get(reverse("calls:call", args=[call.code])).content.decode()
    assert "revisado dos veces a ciegas, 1 decisión cambió (100.0" in public


@pytest.mark.django_db
def test_one_exclusion_among_three_who_differ_needs_a_fourth(call, rosa, rene, raquel):
    case, evidence = one_case(call, checked=True)
    second = dossiers.handed_in(case.application, dossiers.asked(call, "acta", is_curable=True), text="acta")
    decide(case, rosa, mark(evidence), mark(second))
    decide(case, rene, mark(evidence), mark(second, "observe", "expired"))
    case = decide(case, raquel, mark(evidence, "exclude", "altered"), mark(second))
    assert case.stage == Stage.SIGNATURE
    ramiro = reviewer("Ramiro")
    operations.claim_case(call=call, actor=ramiro, now=NOON)
    case = operations.sign_exclusion(case=case, signs=False, remark="No se nota.", actor=ramiro, now=NOON)
    assert case.state == CaseState.OBSERVED
    assert dict(Evidence.objects.values_list("requirement__key", "state")) == {
        "titulo": "verified", "acta": "observed",
    }  # fmt: skip


# ---------------------------------------------------------------- allocation


@pytest.mark.django_db
def test_who_is_excluded_does_not_enter_a_run_and_open_reviews_are_counted(call):
    from cauce.calls.models import ListVersion

    post, cases = make.post(call), []
    for _number in range(3):
        case, _evidence = one_case(call)
        ListVersion.objects.create(
            application=case.application, number=1, based_on=0, posts=[post.pk], saved_at=NOON, sent_at=NOON,
            receipt=f"r{case.pk}", digest="d" * 64,
        )  # fmt: skip
        cases.append(case)
    ReviewCase.objects.filter(pk=cases[0].pk).update(state=CaseState.EXCLUDED, decided_at=NOON)
    ReviewCase.objects.filter(pk=cases[1].pk).update(state=CaseState.ACCEPTED, decided_at=NOON)
    in_run = {sent.application for sent in queries.sent_lists(call)}
    assert in_run == {cases[1].application_id, cases[2].application_id}
    assert queries.undecided_files(call) == 1


@pytest.mark.django_db
def test_the_database_keeps_leases_clocks_and_decisions_whole(call, rosa):
    case, evidence = one_case(call)
    decide(case, rosa, mark(evidence))
    row = ReviewCase.objects.filter(pk=case.pk)
    review = Review.objects.get()
    review.pk = None
    for write in (
        lambda: row.update(claimed_by=rosa.user_id),
        lambda: row.update(cure_until=NOON),
        lambda: row.update(state="queued"),
        lambda: Review.objects.update(finding=Finding.RETURN),
        lambda: Review.objects.update(was_upheld=True),
        lambda: review.save(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


# --------------------------------------------------------------------- pages


@pytest.mark.django_db
def test_the_reviewer_takes_looks_refuses_to_guess_and_decides(client, at_noon, call, rosa):
    case, evidence = one_case(call, curable=True)
    client.force_login(User.objects.get(pk=rosa.user_id))
    queue = reverse("calls:review_queue")
    assert "Tomar el siguiente" in client.get(queue).content.decode()
    taken = client.post(reverse("calls:claim_case", args=[call.code]))
    page = reverse("calls:review_case", args=[case.pk])
    assert taken.url == page
    shown = client.get(page)
    assert reverse("calls:evidence_page", args=[evidence.key, 1]) in shown.content.decode()
    assert "Falta decidir" in client.post(page, {}).content.decode()
    sent = {"finding_titulo": "observe", "reason_titulo": "unreadable", "evidence_titulo": str(evidence.pk)}
    assert client.post(page, {**sent, "remark": "x" * 601}).status_code == 422
    assert client.post(page, {**sent, "remark": "x" * 3_000_000}).status_code in (413, 422)
    assert not Review.objects.exists()
    assert client.post(page, sent).url == queue
    again = client.post(page, sent, follow=True)
    assert "ya tiene tu decisión" in again.content.decode()
    assert Review.objects.count() == 1


@pytest.mark.django_db
def test_a_case_is_read_in_a_fixed_number_of_queries(call, rosa, django_assert_num_queries):
    case, _evidence = one_case(call)
    for key in ("a", "b", "c"):
        dossiers.handed_in(case.application, dossiers.asked(call, key), text=key)
    operations.claim_case(call=call, actor=rosa, now=NOON)
    case = queries.cases_visible_to(rosa).get(pk=case.pk)
    with django_assert_num_queries(7):
        queries.case_page(case, rosa, now=NOON)


def test_a_reviewer_is_compared_with_all_the_others_at_each_document_and_few_decisions_say_nothing():
    def marked(reviewer, accepted, observed):
        found = ["accept"] * accepted + ["observe"] * observed
        return [(reviewer, [{"requirement": "title", "finding": one}]) for one in found]

    rows = consistency.compared([*marked(7, 5, 5), *marked(3, 9, 3), *marked(5, 8, 0)], ("accept", "observe"))
    three, five, seven = rows["title"]
    assert [one.reviewer for one in (three, five, seven)] == [3, 5, 7]  # by account: nobody is ranked
    assert (seven.mine[1].share, seven.others[1].share) == (5 / 10, 3 / 20)
    assert seven.mine[1].low < 0.5 < seven.mine[1].high
    assert (five.decided, five.mine) == (8, (None, None))
    assert five.others[0].share == 14 / 22


@pytest.mark.django_db
def test_the_desk_reads_the_review_in_a_fixed_number_of_queries(
    client, at_noon, call, rosa, django_assert_num_queries
):
    for _number in range(3):
        case, evidence = one_case(call)
        decide(case, rosa, mark(evidence))
    carla = drafts.office()
    hers = make.actor(carla)
    with django_assert_num_queries(9):
        page = queries.review_desk(hers, call, now=NOON)
    assert [row.decided for row in page.reviewers] == [3]
    ((_title, (row,)),) = page.documents
    assert (row.decided, row.cells) == (3, [])  # too few to say anything
    (shown,) = queries.review_desk(
        rosa, call, now=NOON
    ).reviewers  # who does not manage the call reads no name
    assert shown.name == f"cuenta {rosa.user_id}"
    client.force_login(carla)
    assert "Rosa" in client.get(reverse("calls:desk_review", args=[call.code])).content.decode()
    assert Person.objects.count() == 3
