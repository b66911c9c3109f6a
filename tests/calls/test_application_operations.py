"""Starting, declaring, ordering, sending and withdrawing; each with what it refuses."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from cauce.accounts.models import Consent, PrivacyNotice
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.calls import operations, queries, rules, tasks
from cauce.calls.models import Application, Choice, ListVersion, Post
from cauce.notices.models import Message
from tests.calls import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def posts(call):
    return [make.post(call) for _ in range(4)]


@pytest.fixture
def started(call, mariana, posts, now):
    application = operations.start_application(call=call, actor=make.actor(mariana), now=now)
    return operations.save_details(
        application=application,
        specialty_id=make.specialty().pk,
        declared={"mark": "91.25"},
        phone="951 000 0000",
        actor=make.actor(mariana),
        now=now,
    )


def ids(posts):
    return [post.pk for post in posts]


def save(application, posts, based_on, user, now):
    return operations.save_list(
        application=application, posts=posts, based_on=based_on, actor=make.actor(user), now=now
    )


def send(application, version, user, now, accepts=1):
    return operations.send_list(
        application=application, version=version, accepts_rules=accepts, actor=make.actor(user), now=now
    )


def test_starting_twice_gives_the_same_application_with_a_folio_that_checks(call, mariana, now):
    first = operations.start_application(call=call, actor=make.actor(mariana), now=now)
    again = operations.start_application(call=call, actor=make.actor(mariana), now=now)
    assert first.pk == again.pk
    assert rules.read_folio(first.folio) == first.folio
    assert Application.objects.count() == 1


def test_a_folio_that_is_taken_is_drawn_again(call, mariana, now, monkeypatch):
    numbers = iter([7, 7, 8])
    monkeypatch.setattr("cauce.calls.operations.application.secrets.randbelow", lambda most: next(numbers))
    first = operations.start_application(call=call, actor=make.actor(mariana), now=now)
    other = operations.start_application(call=call, actor=make.actor(make.user("Bruno")), now=now)
    assert (first.folio, other.folio) == (rules.folio(call.code, 7), rules.folio(call.code, 8))


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (make.OPENS - timedelta(seconds=1), "todavía no abre"),
        (make.CLOSES + timedelta(seconds=1), "cerró"),
    ],
)
def test_no_application_starts_out_of_time(call, mariana, moment, words):
    with pytest.raises(Denied, match=words):
        operations.start_application(call=call, actor=make.actor(mariana), now=moment)


def test_an_office_does_not_apply(call, now):
    office = make.User.objects.create(email="carla@cauce.example", office_name="Carla", joined_at=now)
    with pytest.raises(Denied, match="oficinas"):
        operations.start_application(call=call, actor=make.actor(office), now=now)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "escribe un número"),
        ("noventa", "escribe un número"),
        ("NaN", "escribe un número"),
        ("9" * 1_000_000, "escribe un número"),
        ("59.99", "fuera"),
        ("100.01", "fuera"),
        ("91.255", "más decimales"),
    ],
)
def test_declared_values_out_of_the_calls_bounds_are_refused_on_their_field(
    started, mariana, now, typed, words
):
    with pytest.raises(operations.DetailsRefused, match=words) as refusal:
        operations.save_details(
            application=started,
            specialty_id=started.specialty_id,
            declared={"mark": typed},
            phone="",
            actor=make.actor(mariana),
            now=now,
        )
    assert refusal.value.field == "criterion_mark"
    assert len(str(refusal.value.message)) < 200
    started.refresh_from_db()
    assert started.merit == ["91.25"]


@pytest.mark.parametrize("typed", ["91.3", "91,30", " 91.3 "])
def test_declared_values_are_kept_as_exact_decimals(started, mariana, now, typed):
    changed = operations.save_details(
        application=started,
        specialty_id=started.specialty_id,
        declared={"mark": typed},
        phone="",
        actor=make.actor(mariana),
        now=now,
    )
    assert changed.merit == ["91.30"]


def test_every_save_is_a_version_and_the_list_as_rows(started, mariana, posts, now):
    save(started, ids(posts)[:2], 0, mariana, now)
    version = save(started, ids(posts), 1, mariana, now)
    started.refresh_from_db()
    assert (version.number, started.version) == (2, 2)
    assert ListVersion.objects.get(number=1).posts == ids(posts)[:2]
    assert list(Choice.objects.order_by("rank").values_list("post_id", flat=True)) == ids(posts)


def test_the_same_save_twice_is_one_version(started, mariana, posts, now):
    first = save(started, ids(posts), 0, mariana, now)
    again = save(started, ids(posts), 0, mariana, now)
    assert first.pk == again.pk
    assert not again.is_refused


def test_lists_the_call_does_not_take_name_the_post_and_keep_nothing(started, call, mariana, posts, now):
    cardiology = make.specialty("cardiologia", "Cardiología")
    other = make.post(call, specialty=cardiology)
    elsewhere = make.post(make.call())
    hidden = make.post(make.call(state="draft", published_at=None, rules_digest="", code="BORRADOR"))
    one = posts[0].pk
    for bad, words in [
        ([one, one], "está dos veces"),
        ([one, 999_999], "no existe"),
        ([one, 10**30], "no existe"),
        ([one, hidden.pk], "no existe"),
        ([one, elsewhere.pk], rf"{elsewhere.key}.* es de otra convocatoria"),
        ([one, other.pk], rf"{other.key}.* no es de tu especialidad"),
        (list(range(5000)), "ninguna convocatoria tiene tantas"),
    ]:
        with pytest.raises(operations.ListRefused, match=words) as refusal:
            save(started, bad, 0, mariana, now)
        assert refusal.value.remedy
    assert not ListVersion.objects.exists()
    assert not Choice.objects.exists()


def test_too_many_options_are_refused_naming_the_surplus(mariana, now):
    call = make.call(max_choices=2)
    posts = [make.post(call) for _ in range(3)]
    application = make.application(call, mariana.person)
    with pytest.raises(operations.ListRefused, match="3 opciones y esta convocatoria admite 2") as refusal:
        save(application, ids(posts), 0, mariana, now)
    assert posts[2].key in refusal.value.remedy


def test_sending_gives_a_receipt_that_anyone_can_compute_again(started, call, mariana, posts, now):
    PrivacyNotice.objects.create(
        version=1, simplified="a", integral="b", digest="c" * 64, valid_from=make.OPENS
    )
    save(started, ids(posts), 0, mariana, now)
    sent = send(started, 1, mariana, now + timedelta(microseconds=123_456))
    content = json.dumps(
        {
            "call": call.code,
            "folio": started.folio,
            "merit": ["91.25"],
            "posts": [post.key for post in posts],
            "rules": call.rules_digest,
            "sent_at": "2024-02-10T18:00:00Z",
            "version": 1,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    assert sent.digest == hashlib.sha256(content).hexdigest()
    assert sent.receipt == f"{started.folio}-V1-{sent.digest[:6].upper()}"
    assert sent.sent_at == now
    started.refresh_from_db()
    assert (started.state, started.accepted_rules) == ("submitted", 1)
    assert Consent.objects.filter(person=mariana.person).count() == 1
    letter = Message.objects.get()
    assert sent.receipt in letter.body
    assert letter.user == mariana


def test_a_second_sending_of_the_same_list_gives_no_new_receipt(started, mariana, posts, now):
    save(started, ids(posts), 0, mariana, now)
    first = send(started, 1, mariana, now)
    again = send(started, 1, mariana, now + timedelta(seconds=5))
    assert (again.pk, again.sent_at, again.receipt) == (first.pk, first.sent_at, first.receipt)
    assert Message.objects.count() == 1


def test_another_order_sends_again_and_the_newest_counts(started, call, mariana, posts, now):
    save(started, ids(posts), 0, mariana, now)
    send(started, 1, mariana, now)
    save(started, ids(posts)[::-1], 1, mariana, now)
    assert [row.posts for row in queries.sent_lists(call)] == [ids(posts)]
    send(started, 2, mariana, now)
    assert [row.posts for row in queries.sent_lists(call)] == [ids(posts)[::-1]]


def test_the_last_second_counts_and_the_next_is_late(started, mariana, posts):
    last = make.CLOSES + timedelta(microseconds=999_999)
    save(started, ids(posts), 0, mariana, last)
    sent = send(started, 1, mariana, last)
    late = make.CLOSES + timedelta(seconds=1)
    for late_call in (
        lambda: save(started, ids(posts)[::-1], 1, mariana, late),
        lambda: send(started, 1, mariana, late),
        lambda: operations.withdraw(application=started, actor=make.actor(mariana), now=late),
    ):
        with pytest.raises(Denied, match="cerró el 23 de febrero de 2024 a las 23:59:59") as refusal:
            late_call()
        assert "Cuenta tu envío del 23 de febrero de 2024 a las 23:59:59" in refusal.value.remedy
    assert ListVersion.objects.get() == sent


def test_sending_needs_the_rules_in_force_and_a_page_that_is_not_stale(started, call, mariana, posts, now):
    save(started, ids(posts), 0, mariana, now)
    with pytest.raises(operations.RulesNotAccepted, match="versión 1"):
        send(started, 1, mariana, now, accepts=0)
    with pytest.raises(operations.ListChanged):
        send(started, 2, mariana, now)
    call.amendments = 1
    call.save()
    with pytest.raises(operations.RulesNotAccepted, match="versión 2"):
        send(started, 1, mariana, now, accepts=1)
    assert not ListVersion.objects.filter(sent_at__isnull=False).exists()


def test_after_an_addendum_the_same_list_may_be_sent_again_under_a_new_number(
    started, call, mariana, posts, now
):
    save(started, ids(posts), 0, mariana, now)
    first = send(started, 1, mariana, now)
    call.amendments = 1
    call.save()
    call.addenda.create(number=1, text="Aclaración", digest="ab" * 32, published_at=now)
    again = send(started, 1, mariana, now, accepts=2)
    assert again.number == 2
    assert again.receipt != first.receipt
    first.refresh_from_db()
    assert first.receipt


def test_an_empty_list_and_a_lacking_mark_are_not_sent(call, mariana, posts, now):
    application = make.application(call, mariana.person, merit=[])
    save(application, [], 0, mariana, now)
    with pytest.raises(operations.ListRefused, match="vacía"):
        send(application, 1, mariana, now)
    save(application, ids(posts), 1, mariana, now)
    with pytest.raises(operations.ListRefused, match="Calificación de egreso"):
        send(application, 2, mariana, now)


def test_withdrawing_and_coming_back(started, call, mariana, posts, now):
    with pytest.raises(Denied, match="nada que retirar"):
        operations.withdraw(application=started, actor=make.actor(mariana), now=now)
    save(started, ids(posts), 0, mariana, now)
    sent = send(started, 1, mariana, now)
    operations.withdraw(application=started, actor=make.actor(mariana), now=now)
    operations.withdraw(application=started, actor=make.actor(mariana), now=now)
    assert not list(queries.sent_lists(call))
    assert Message.objects.count() == 2
    back = operations.restore(application=started, actor=make.actor(mariana), now=now)
    assert back.state == "submitted"
    assert [row.posts for row in queries.sent_lists(call)] == [ids(posts)]
    sent.refresh_from_db()
    assert sent.receipt


def test_what_is_sent_cannot_change_its_details_until_it_is_withdrawn(started, call, mariana, posts, now):
    def declare(mark):
        return operations.save_details(
            application=started,
            specialty_id=started.specialty_id,
            declared={"mark": mark},
            phone="",
            actor=make.actor(mariana),
            now=now,
        )

    save(started, ids(posts), 0, mariana, now)
    first = send(started, 1, mariana, now)
    with pytest.raises(Denied, match="enviada con estos datos"):
        declare("95")
    operations.withdraw(application=started, actor=make.actor(mariana), now=now)
    changed = declare("95")
    assert (changed.state, changed.merit) == ("draft", ["95.00"])
    assert not list(queries.sent_lists(call))
    again = send(started, changed.version, mariana, now)
    assert again.digest != first.digest
    assert again.posts == first.posts


def test_another_specialty_begins_a_list_and_keeps_the_former(started, call, mariana, posts, now):
    save(started, ids(posts), 0, mariana, now)
    cardiology = make.specialty("cardiologia", "Cardiología")
    call.call_specialties.create(specialty=cardiology)
    changed = operations.save_details(
        application=started,
        specialty_id=cardiology.pk,
        declared={"mark": "91.25"},
        phone="",
        actor=make.actor(mariana),
        now=now,
    )
    assert changed.version == 2
    assert ListVersion.objects.get(number=1).posts == ids(posts)
    assert ListVersion.objects.get(number=2).posts == []


def test_a_complete_list_starts_full_and_is_not_sent_with_gaps(mariana, now):
    call = make.call(list_rule="complete")
    last = make.post(call)
    first = make.post(call, last_place=10)
    second = make.post(call, last_place=90)
    application = operations.start_application(call=call, actor=make.actor(mariana), now=now)
    application = operations.save_details(
        application=application,
        specialty_id=make.specialty().pk,
        declared={"mark": "91.25"},
        phone="",
        actor=make.actor(mariana),
        now=now,
    )
    assert application.versions.get().posts == ids([first, second, last])
    save(application, [second.pk], 1, mariana, now)
    with pytest.raises(operations.ListRefused, match=r"Faltan 2 sedes: .*"):
        send(application, 2, mariana, now)
    operations.add_missing(application=application, actor=make.actor(mariana), now=now)
    again = operations.add_missing(application=application, actor=make.actor(mariana), now=now)
    assert again.posts == ids([second, first, last])
    assert send(application, 3, mariana, now).receipt


def test_nobody_changes_somebody_elses_list(started, posts, now):
    with pytest.raises(Denied, match="otra persona"):
        save(started, ids(posts), 0, make.user("Bruno"), now)


def test_the_audit_holds_no_list_and_no_name(started, mariana, posts, now):
    save(started, ids(posts), 0, mariana, now)
    send(started, 1, mariana, now)
    details = json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert "91.25" not in details
    assert "Xool" not in details
    assert posts[0].key not in details


def test_demand_counts_sent_lists_only_when_something_changed(started, call, mariana, posts, now):
    save(started, ids(posts)[:2], 0, mariana, now)
    assert queries.calls_to_count() == []
    send(started, 1, mariana, now)
    (due,) = queries.calls_to_count()
    operations.count_demand(call=due, actor=make.actor(mariana), now=now + timedelta(seconds=5))
    assert list(Post.objects.order_by("pk").values_list("listed", "listed_first")) == [
        (1, 1),
        (1, 0),
        (0, 0),
        (0, 0),
    ]
    assert queries.calls_to_count() == []
    operations.withdraw(application=started, actor=make.actor(mariana), now=now + timedelta(seconds=9))
    (due,) = queries.calls_to_count()
    operations.count_demand(call=due, actor=make.actor(mariana), now=now + timedelta(seconds=15))
    assert not Post.objects.filter(listed__gt=0).exists()
    operations.restore(application=started, actor=make.actor(mariana), now=now + timedelta(seconds=20))
    assert queries.calls_to_count() == [call]


def test_a_sending_that_commits_after_a_count_is_still_counted(started, call, mariana, posts, now):
    save(started, ids(posts)[:1], 0, mariana, now)
    send(started, 1, mariana, now)
    call.demand_at = now + timedelta(seconds=2)  # a count that could not see it yet
    call.save()
    assert queries.calls_to_count() == [call]


def test_sent_lists_are_one_query_whatever_the_number(call, posts, now, django_assert_num_queries):
    for name in ("Ana", "Bruno", "Carla"):
        user = make.user(name)
        application = make.application(call, user.person)
        save(application, ids(posts), 0, user, now)
        send(application, 1, user, now)
        save(application, ids(posts)[::-1], 1, user, now)
        send(application, 2, user, now)
    with django_assert_num_queries(1):
        rows = list(queries.sent_lists(call))
    assert [row.posts for row in rows] == [ids(posts)[::-1]] * 3
    assert rows[0].merit == ["91.25"]
    assert [post.id for post in queries.call_posts(call)] == ids(posts)


def test_the_chore_counts_once_and_then_rests(started, call, mariana, posts, now, monkeypatch):
    monkeypatch.setattr(tasks.clock, "read", lambda: now + timedelta(seconds=1))
    save(started, ids(posts), 0, mariana, now)
    send(started, 1, mariana, now)
    assert tasks.count_demand() == 1
    assert tasks.count_demand() == 0
    assert Post.objects.filter(listed=1).count() == 4
    assert AuditEvent.objects.filter(action="calls.count_demand").count() == 1
