"""The desk's pages: who may open them, what they say, and what a second click or a late save does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cauce.base import audit, continuity
from cauce.base.models import AuditEvent, AuditSeal, AuditWalk
from cauce.calls import operations, queries, rules
from cauce.calls.intake import read_posts
from cauce.calls.models import Addendum, Application, CalendarEntry, Call, Post
from cauce.calls.rules import downtime
from cauce.calls.rules.drafting import PostValues
from tests.calls import factories
from tests.calls.drafts import BEFORE_OPENING, draft, office, officer

pytestmark = pytest.mark.django_db

PAGES = [
    "desk_call", "edit_general", "edit_calendar", "new_entry", "edit_scope", "edit_order", "new_criterion",
    "desk_posts", "desk_posts_csv", "new_post", "posts_table", "publish", "addenda", "desk_applications", "log", "log_csv",
]  # fmt: skip
DRAFT_ONLY = {"new_entry", "new_criterion", "new_post", "posts_table"}


@pytest.fixture(autouse=True)
def january(monkeypatch):
    monkeypatch.setattr("cauce.base.clock.read", lambda: BEFORE_OPENING)


@pytest.fixture
def call():
    return draft("JR24")


@pytest.fixture
def carla(client):
    client.force_login(office())
    return client


def url(name, *arguments):
    return reverse(f"calls:{name}", args=["JR24", *arguments])


def send(client, name, *arguments, **data):
    """Post what the page itself would: every field as it is shown, changed by ``data``."""
    page = client.get(url(name, *arguments))
    form = page.context["form"]
    sent = {}
    for field in form:
        value = field.value()
        if hasattr(field.field.widget, "widgets"):
            sent |= {
                f"{field.html_name}_{i}": part for i, part in enumerate(field.field.widget.decompress(value))
            }
        else:
            sent[field.html_name] = value
    sent |= data
    return client.post(
        url(name, *arguments), {k: v for k, v in sent.items() if v is not None and v is not False}
    )


@pytest.mark.parametrize("name", PAGES)
def test_the_desk_belongs_to_its_institution(client, call, name):
    assert client.get(url(name)).status_code == 302
    for who, expected in (
        (factories.user("Mariana"), 404),
        (office("call_manager", "ISSSTE", "Dario"), 404),
        (office(), 200),
        (office("second_signatory", name="Sofia"), 403 if name in DRAFT_ONLY else 200),
        (office("auditor", None, "Aurelio"), 403 if name in DRAFT_ONLY else 200),
        (office("education_office", None, "Elena"), 403 if name in DRAFT_ONLY else 200),
    ):
        client.force_login(who)
        assert client.get(url(name)).status_code == expected, (name, who)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_published_call_opens(carla, call, name):
    Call.objects.filter(pk=call.pk).update(
        state="published", published_at=BEFORE_OPENING, rules_digest="0" * 64
    )
    expected = 403 if name in DRAFT_ONLY else 302 if name == "publish" else 200
    assert carla.get(url(name)).status_code == expected


def test_the_desk_itself(client, call):
    draft("RM24", institution=factories.institution("ISSSTE"))
    client.force_login(factories.user("Mariana"))
    assert client.get(reverse("calls:desk")).status_code == 404
    client.force_login(office())
    assert [row.call.code for row in client.get(reverse("calls:desk")).context["page"].rows] == ["JR24"]
    client.force_login(office("auditor", None, "Aurelio"))
    page = client.get(reverse("calls:desk"))
    assert len(page.context["page"].rows) == 2
    assert not page.context["page"].may_create


@pytest.mark.parametrize(
    ("name", "queries"),
    [("desk_call", 11), ("edit_calendar", 12), ("desk_posts", 10), ("desk_applications", 11), ("log", 11)],
)
def test_pages_take_the_same_queries_with_one_row_and_with_three(
    carla, call, name, queries, django_assert_num_queries
):
    for rows in (1, 2):
        for _ in range(rows):
            factories.post(call)
            factories.application(call, factories.person())
            CalendarEntry.objects.create(call=call, label="x", starts_at=factories.OPENS)
            carla.post(url("remove_entry", 999))
        audit.seal(now=BEFORE_OPENING)
        carla.get(url(name))
        with django_assert_num_queries(queries):
            assert carla.get(url(name)).status_code == 200


# ------------------------------------------------------------------- drafting


def new(client, **changes):
    data = {
        "institution": factories.institution().pk, "kind": "drive", "code": "JR25", "title": "Jornada 2025",
        "opens_at_0": "3", "opens_at_1": "2", "opens_at_2": "2025", "opens_at_3": "00:00:00",
        "closes_at_0": "20", "closes_at_1": "2", "closes_at_2": "2025", "closes_at_3": "23:59:59",
        "results_at_0": "1", "results_at_1": "3", "results_at_2": "2025", "results_at_3": "12:00",
    }  # fmt: skip
    return client.post(reverse("calls:new_call"), {**data, **changes})


def test_a_new_call_is_a_draft_with_its_lottery_sealed(carla):
    assert new(carla).status_code == 302
    call = Call.objects.get(code="JR25")
    assert call.closes_at.isoformat() == "2025-02-21T05:59:59+00:00"
    assert call.lottery_commitment.startswith("sha256:")
    assert len(call.lottery_seed) == 64
    assert call.lottery_seed not in call.lottery_commitment


def test_creating_twice_is_once(carla):
    new(carla)
    assert new(carla).status_code == 302
    assert Call.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "jr25"}, "Usar mayúsculas"),
        ({"code": "JR24"}, "Ya hay una convocatoria"),
        ({"closes_at_2": "2024"}, "Cierra antes de abrir"),
        ({"results_at_2": "2024"}, "antes del cierre"),
        ({"opens_at_0": "31"}, "No es una fecha"),
        ({"opens_at_3": "25:00"}, "No es una fecha"),
        ({"closes_at_3": ""}, "No es una fecha"),
        ({"title": ""}, "Falta este dato"),
        ({"institution": "abc"}, "Hay una cosa por corregir"),
        ({"title": "x" * 1_000_000}, "160"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_saved(carla, call, changes, words):
    page = new(carla, **changes)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert Call.objects.count() == 1


def test_nobody_creates_a_call_of_another_institution(carla):
    other = factories.institution("ISSSTE")
    assert new(carla, institution=other.pk).status_code == 200
    assert not Call.objects.exists()


def test_general_data_is_saved_and_a_second_click_is_harmless(carla, call):
    for _ in range(2):
        assert send(carla, "edit_general", title="Otro título").status_code == 302
    call.refresh_from_db()
    assert call.title == "Otro título"
    assert call.edited_at == BEFORE_OPENING


def test_two_managers_at_one_draft_never_overwrite_each_other_unseen(carla, call):
    form = carla.get(url("edit_general")).context["form"]
    shown = {field.html_name: field.value() or "" for field in form}
    carla.post(url("edit_general"), {**shown, "title": "De Carla", "contact": "uno@a.mx"})
    carla.force_login(office(name="Berta"))
    page = carla.post(url("edit_general"), {**shown, "title": "De Berta"})
    call.refresh_from_db()
    assert call.title == "De Carla"
    text = page.content.decode()
    assert "Carla guardó cambios" in text
    assert "De Carla" in text
    assert "De Berta" in text
    again = {field.html_name: field.value() or "" for field in page.context["form"]}
    assert carla.post(url("edit_general"), again).status_code == 302
    call.refresh_from_db()
    assert call.title == "De Berta"


def test_the_calendar_points_out_a_wrong_weekday_in_dates_and_texts(carla, call):
    Call.objects.filter(pk=call.pk).update(rules_text="Cierra el jueves 23 de febrero. " * 20)
    carla.post(url("new_entry"), {
        "label": "Mesas en Oaxaca", "starts_at_0": "12", "starts_at_1": "2", "starts_at_2": "2024",
        "starts_at_3": "09:00", "as_written": "martes 12 de febrero",
    })  # fmt: skip
    text = carla.get(url("edit_calendar")).content.decode()
    assert "lunes 12 de febrero de 2024" in text
    assert "viernes 23 de febrero de 2024" in text


def test_what_outages_give_back_is_a_rule_of_the_call(carla, call):
    form = carla.get(url("edit_calendar")).context["form"]
    data = {"seen": form["seen"].value()}
    for name in ("opens_at", "closes_at", "results_at"):
        at = timezone.localtime(getattr(call, name))
        data |= {f"{name}_{n}": part for n, part in enumerate((at.day, at.month, at.year, at.strftime("%T")))}
    assert (
        carla.post(url("edit_calendar"), {**data, "outage_window": 120, "outage_grace": 300}).status_code
        == 200
    )
    assert (
        carla.post(url("edit_calendar"), {**data, "outage_window": 120, "outage_grace": 45}).status_code
        == 302
    )
    frozen = rules.frozen_rules(queries.snapshot(Call.objects.get(pk=call.pk)))
    assert downtime.clause_of(frozen) == downtime.Clause(timedelta(hours=2), timedelta(minutes=45))


def test_an_entry_is_added_once_edited_and_removed(carla, call):
    data = {
        "label": "Mesas",
        "starts_at_0": "12",
        "starts_at_1": "2",
        "starts_at_2": "2024",
        "starts_at_3": "09:00",
    }
    for _ in range(2):
        assert carla.post(url("new_entry"), data).status_code == 302
    entry = call.calendar.get()
    assert send(carla, "edit_entry", entry.pk, label="Mesas en Oaxaca").status_code == 302
    assert call.calendar.get().label == "Mesas en Oaxaca"
    for _ in range(2):
        assert carla.post(url("remove_entry", entry.pk)).status_code == 302
    assert not call.calendar.exists()


def test_scope(carla, call):
    puebla, surgery = factories.state("21", "Puebla"), factories.specialty("cirugia", "Cirugía")
    sent = send(carla, "edit_scope", states=["20", "21"], **{f"specialty_{surgery.pk}": "listed"})
    assert sent.status_code == 302
    assert set(call.states.all()) == {factories.state(), puebla}
    assert dict(call.call_specialties.values_list("specialty__code", "tier")) == {
        "pediatria": "core", "cirugia": "listed",
    }  # fmt: skip


def test_criteria_are_added_moved_and_removed_and_the_lottery_stays_last(carla, call):
    data = {
        "label": "Meses",
        "key": "months",
        "decimals": "0",
        "minimum": "0",
        "maximum": "24",
        "declared": "yes",
    }
    for _ in range(2):
        assert carla.post(url("new_criterion"), data).status_code == 302
    assert [each["key"] for each in Call.objects.get().score_criteria] == ["mark", "months"]
    for _ in range(2):
        carla.post(url("move_criterion", "months"), {"position": "0"})
    assert [each["key"] for each in Call.objects.get().score_criteria] == ["months", "mark"]
    assert send(carla, "edit_criterion", "months", maximum="36").status_code == 302
    assert Call.objects.get().score_criteria[0]["maximum"] == "36"
    for _ in range(2):
        assert carla.post(url("remove_criterion", "months")).status_code == 302
    assert [each["key"] for each in Call.objects.get().score_criteria] == ["mark"]
    assert carla.get(url("edit_order")).context["page"].lottery_place == 2


@pytest.mark.parametrize("position", ["", "x", "-1", "9" * 50, "99"])
def test_an_absurd_position_does_no_harm(carla, call, position):
    assert carla.post(url("move_criterion", "mark"), {"position": position}).status_code == 302
    assert [each["key"] for each in Call.objects.get().score_criteria] == ["mark"]


def test_a_criterion_that_contradicts_itself_is_refused(carla, call):
    data = {
        "label": "Meses",
        "key": "months",
        "decimals": "0",
        "minimum": "24",
        "maximum": "0",
        "declared": "yes",
    }
    page = carla.post(url("new_criterion"), data)
    assert "no es menor que el máximo" in page.content.decode()
    assert len(Call.objects.get().score_criteria) == 1


# ---------------------------------------------------------------------- posts


def test_a_post_is_added_once_edited_duplicated_and_removed(carla, call):
    model = call.posts.order_by("key").first()
    page = carla.get(url("new_post") + f"?copia={model.key}")
    data = {field.html_name: field.value() for field in page.context["form"]}
    assert data["key"] == ""
    data = {name: value for name, value in data.items() if value is not None and value is not False} | {
        "key": "NUEVA"
    }
    for _ in range(2):
        assert carla.post(url("new_post"), data).status_code == 302
    assert call.posts.count() == 3
    assert carla.get(url("desk_posts")).context["page"].alike
    assert send(carla, "edit_post", "NUEVA", seats="7").status_code == 302
    assert Post.objects.get(key="NUEVA").seats == 7
    for _ in range(2):
        assert carla.post(url("remove_post", "NUEVA")).status_code == 302
    assert call.posts.count() == 2


def test_a_key_that_is_taken_is_refused(carla, call):
    one, two = call.posts.order_by("key")
    page = send(carla, "edit_post", two.key, key=one.key)
    assert f"Ya hay una plaza con la clave {one.key}" in page.content.decode()
    assert call.posts.count() == 2


@pytest.mark.parametrize(
    "query", ["?p=-1", "?p=999999", "?p=" + "9" * 4000, "?p=abc", "?q=" + "x" * 4000, "?q=%00"]
)
def test_absurd_queries_of_the_table_are_answered(carla, call, query):
    assert carla.get(url("desk_posts") + query).status_code == 200


# ------------------------------------------------------------------ publishing


def test_publishing_from_the_page_asks_to_read_the_warnings(carla, call):
    CalendarEntry.objects.create(
        call=call, label="Mesas", starts_at=factories.OPENS.replace(day=12), as_written="martes 12 de febrero"
    )
    page = carla.get(url("publish"))
    form = page.context["form"]
    data = {"digest": form["digest"].value(), "warnings": form["warnings"].value()}
    refused = carla.post(url("publish"), data)
    assert Call.objects.get().state == "draft"
    assert "avisos sin revisar" in refused.content.decode()
    assert carla.post(url("publish"), {**data, "read": "on"}).status_code == 302
    assert Call.objects.get().state == "published"
    assert carla.post(url("publish"), {**data, "read": "on"}, follow=True).status_code == 200


def test_what_changed_after_the_review_is_not_published(carla, call):
    data = {"digest": carla.get(url("publish")).context["form"]["digest"].value()}
    call.posts.update(seats=9)
    assert "cambió mientras se revisaba" in carla.post(url("publish"), data).content.decode()
    assert Call.objects.get().state == "draft"


def test_an_addendum_from_its_page_and_again(carla, call):
    data = {"digest": carla.get(url("publish")).context["form"]["digest"].value()}
    carla.post(url("publish"), data)
    for _ in range(2):
        assert carla.post(url("addenda"), {"text": "Se agrega una sede."}).status_code == 302
    assert Addendum.objects.count() == 1
    page = carla.post(url("addenda"), {
        "text": "Cierre", "closes_at_0": "1", "closes_at_1": "2", "closes_at_2": "2024", "closes_at_3": "00:00",
    })  # fmt: skip
    assert "más tarde" in page.content.decode()


# --------------------------------------------------------- numbers, log, audit


def test_numbers_show_folios_but_neither_names_nor_lists(carla, call):
    person = factories.person("Guadalupe")
    application = factories.application(call, person, state="submitted", submitted_at=factories.OPENS)
    text = carla.get(url("desk_applications")).content.decode()
    assert application.folio in text
    assert "Guadalupe" not in text
    assert "Xool" not in text
    assert Application.objects.count() == 1


def test_the_log_shows_seals_and_links_that_hold(carla, call):
    for number in range(3):
        carla.post(url("remove_entry", number + 1))
    waiting = carla.get(url("log")).context["page"]
    assert [(row.seal, row.holds) for row in waiting.rows] == [(None, None)] * 3
    audit.seal(now=BEFORE_OPENING)
    rows = carla.get(url("log")).context["page"].rows
    assert [(row.seal, row.holds) for row in rows] == [(3, True), (2, True), (1, True)]
    assert rows[0].who == "Carla"


def test_the_log_names_the_broken_link(carla, call):
    """The second seal is forged, below the product; the third follows from it, so only the second is broken."""
    for number in range(3):
        carla.post(url("remove_entry", number + 1))
    first, second, third = AuditEvent.objects.order_by("pk")
    forged = "f" * 64
    for number, event, digest in (
        (1, first, audit.link(audit.START, first)),
        (2, second, forged),
        (3, third, audit.link(forged, third)),
    ):
        AuditSeal.objects.create(number=number, event_id=event.pk, digest=digest, sealed_at=BEFORE_OPENING)
    page = carla.get(url("log"))
    assert [row.holds for row in page.context["page"].rows] == [True, False, True]
    assert "Un eslabón roto" in page.content.decode()


def test_the_log_says_nothing_of_other_calls(carla, call):
    other = draft("JR25")
    carla.post(reverse("calls:remove_entry", args=["JR25", 1]))
    assert carla.get(url("log")).context["page"].rows == []
    assert len(carla.get(reverse("calls:log", args=["JR25"])).context["page"].rows) == 1
    assert other.pk != call.pk


def test_the_csv_of_the_log_is_harmless_in_a_spreadsheet(carla, call):
    carla.post(url("new_criterion"), {
        "label": "=1+1", "key": "months", "decimals": "0", "minimum": "0", "maximum": "24", "declared": "yes",
    })  # fmt: skip
    lines = b"".join(carla.get(url("log_csv")).streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("event,at,actor")
    assert "calls.save_criterion" in lines[1]
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line.split(","))


@pytest.mark.parametrize("name", ["audit", "audit_csv"])
def test_only_auditors_read_the_chain(client, call, name):
    for who, expected in (
        (factories.user("Mariana"), 404),
        (office(), 404),
        (office("education_office", None, "Elena"), 404),
        (office("auditor", None, "Aurelio"), 200),
    ):
        client.force_login(who)
        assert client.get(reverse(f"calls:{name}")).status_code == expected


def test_the_page_of_the_chain_says_what_was_walked_and_when_at_a_fixed_cost(
    client, call, now, monkeypatch, django_assert_max_num_queries
):
    client.force_login(office("auditor", None, "Aurelio"))
    address = reverse("calls:audit")
    audit.seal(now=now)
    assert "Todavía no se recorre completa" in client.get(address).text
    client.post(reverse("calls:walk_audit"))
    monkeypatch.setattr("cauce.base.clock.read", lambda: BEFORE_OPENING + timedelta(seconds=1))
    again = client.post(reverse("calls:walk_audit"), follow=True)
    assert "Ya hay un recorrido en curso" in again.text
    assert "Hay un recorrido completo en curso" in again.text
    asked = AuditWalk.objects.get()
    audit.seal(now=now)
    continuity.keep_walk(actor=officer(), asked=asked, reach=continuity.walk_whole(), now=now)
    audit.seal(now=now)
    page = client.get(address)
    assert "se recorrió la cadena desde el primer sello hasta el" in page.text
    assert "Después se recorrió 1 sello nuevo" in page.text
    asked.refresh_from_db()
    AuditWalk.objects.update(whole_digest="f" * 64)
    assert f"El sello {asked.whole_to} ya no es el que se recorrió" in client.get(address).text
    for number in range(60):
        AuditEvent.objects.create(
            at=now, actor="system:x", action="x", subject_model="m", subject_id=str(number)
        )
    audit.seal(now=now)
    with django_assert_max_num_queries(18):
        client.get(address)


def test_buttons_take_only_posts(carla, call):
    for name, argument in (("remove_entry", 1), ("move_criterion", "mark"), ("remove_post", "x")):
        assert carla.get(url(name, argument)).status_code == 405


def test_a_post_changed_meanwhile_shows_both_and_a_taken_key_besides(carla, call):
    one, two = call.posts.order_by("key")
    data = {field.html_name: field.value() for field in carla.get(url("edit_post", two.key)).context["form"]}
    data = {name: value for name, value in data.items() if value is not None and value is not False}
    call.posts.filter(pk=two.pk).update(seats=9, note="De otra persona")
    page = carla.post(url("edit_post", two.key), {**data, "seats": "5"})
    assert "De otra persona" in page.content.decode()
    assert Post.objects.get(pk=two.pk).seats == 9
    both = carla.post(url("edit_post", two.key), {**data, "key": one.key})
    assert both.status_code == 200
    assert "Ya hay una plaza" in both.content.decode()


def test_the_table_that_goes_out_can_come_in_again(carla, call):
    call.posts.update(note="=1+1", has_housing=True, isolation_percent=12)
    table = carla.get(url("desk_posts_csv")).getvalue()
    assert b"'=1+1" in table
    sheet, posts = read_posts(table, queries.post_lookup(), queries.posts_by_key(call))
    assert sheet.report.findings == []
    assert sheet.facts["same"] == len(posts)
    saved = [PostValues.of(post) for post in queries.posts_of(call)]
    assert posts == saved


@pytest.mark.parametrize("query", ["?q=nada", "?especialidad=nada", "?q=%00"])
def test_the_table_that_goes_out_has_the_same_filters(carla, call, query):
    rows = carla.get(url("desk_posts_csv") + query).getvalue().decode().strip().splitlines()
    assert len(rows) == (3 if query == "?q=%00" else 1)


def test_the_log_holds_the_runs_of_the_call(carla, call):
    actor = officer()
    call.state = "draft"
    call = operations.publish_call(actor=actor, call=call, now=BEFORE_OPENING)
    addendum = operations.publish_addendum(actor=actor, call=call, text="Una sede más.", now=BEFORE_OPENING)
    run = call.runs.create(number=1, requested_by_id=actor.user_id, requested_at=BEFORE_OPENING)
    for subject in (run, addendum, factories.application(call, factories.person())):
        AuditEvent.objects.create(
            at=BEFORE_OPENING,
            actor=actor.name,
            action="x",
            subject_model=subject._meta.label,
            subject_id=subject.pk,
        )
    subjects = {row.event.subject_model for row in carla.get(url("log")).context["page"].rows}
    assert subjects == {"calls.Call", "calls.Addendum", "allocation.Run"}
