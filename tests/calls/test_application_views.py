"""The applicant's pages: the whole errand without JavaScript, and what is not theirs."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pypdf
import pytest
from django.urls import reverse

from cauce.calls import operations
from cauce.calls.models import Application, ListVersion
from tests.calls import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def posts(call):
    return [make.post(call) for _ in range(3)]


@pytest.fixture
def mine(call, mariana, posts, client):
    client.force_login(mariana)
    return make.application(call, mariana.person)


def url(name, mine, *more):
    return reverse(f"calls:{name}", args=[mine.folio, *more])


def current(mine):
    mine.refresh_from_db()
    return mine.versions.get(number=mine.version).posts if mine.version else []


def press(client, mine, follow=False, **button):
    mine.refresh_from_db()
    return client.post(url("application_list", mine), {"base": mine.version, **button}, follow=follow)


def save(mine, user, posts, now):
    mine.refresh_from_db()
    return operations.save_list(
        application=mine, posts=posts, based_on=mine.version, actor=make.actor(user), now=now
    )


def test_the_whole_errand_by_buttons(client, call, mariana, posts):
    client.force_login(mariana)
    assert "Empezar mi solicitud" in client.get(reverse("calls:apply", args=[call.code])).text
    started = client.post(reverse("calls:apply", args=[call.code]))
    again = client.post(reverse("calls:apply", args=[call.code]))
    mine = Application.objects.get()
    assert started.url == again.url == url("application_details", mine)

    answer = client.post(
        url("application_details", mine),
        {"specialty": make.specialty().pk, "criterion_mark": "91.2", "phone": "951 000 0000"},
    )
    assert answer.url == url("application_list", mine)
    assert "Buscar plazas para mi lista" in client.get(answer.url).text

    first, second, third = posts
    for post in posts:
        press(client, mine, agregar=post.pk, desde="")
    press(client, mine, mover=f"{third.pk}:subir")
    press(client, mine, mover=f"{second.pk}:primero")
    press(client, mine, quitar=first.pk)
    assert current(mine) == [second.pk, third.pk]

    page = client.get(url("application_send", mine))
    assert page.context["form"].initial["version"] == mine.version
    consent = {"version": mine.version, "rules": 1, "accepts": "on", "consents": "on"}
    sent = client.post(url("application_send", mine), consent, follow=True)
    assert "Recibimos tu lista." in sent.text
    assert "Tu lista está enviada" in sent.text
    again = client.post(url("application_send", mine), consent, follow=True)
    assert "Esta lista ya estaba enviada." in again.text
    assert ListVersion.objects.exclude(receipt="").count() == 1


def test_both_boxes_that_lack_are_told_at_once_and_each_fault_once(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk], now)
    page = client.post(url("application_send", mine), {"version": 1, "rules": 1}).text
    summary = page.split('class="c-errors"')[1].split("</ul>")[0]
    assert "Hay 2 cosas por corregir" in summary
    assert summary.count("Marca la casilla") + summary.count("marca la casilla") == 2
    assert (
        "Acepto que mis datos" not in summary
    )  # the fault says it; the sentence of the box is beside the box


def test_a_fault_that_names_its_field_is_not_named_twice(client, mine):
    values = {"specialty": mine.specialty_id, "criterion_exit_grade": "999", "criterion_service_months": "0"}
    page = client.post(url("application_details", mine), values).text
    summary = page.split('class="c-errors"')[1].split("</ul>")[0]
    assert summary.count("Calificación de egreso") == 1


def test_the_application_says_its_state_first(client, mine, mariana, posts, now):
    assert "<h1>Falta tu lista</h1>" in client.get(url("application", mine)).text
    save(mine, mariana, [posts[0].pk], now)
    assert "<h1>Falta enviar tu lista</h1>" in client.get(url("application", mine)).text


def test_sending_without_ticking_says_which_box(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk], now)
    answer = client.post(url("application_send", mine), {"version": 1, "rules": 1, "consents": "on"})
    assert answer.status_code == 422
    assert "Falta aceptar las reglas vigentes (versión 1)." in answer.text
    answer = client.post(url("application_send", mine), {"version": 1, "rules": 1, "accepts": "on"})
    assert "Falta aceptar el uso de tus datos" in answer.text
    assert not ListVersion.objects.exclude(receipt="").exists()


def test_a_stale_page_of_sending_is_refused_and_then_shows_the_list_of_now(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk], now)
    save(mine, mariana, [posts[1].pk], now)
    consent = {"version": 1, "rules": 1, "accepts": "on", "consents": "on"}
    answer = client.post(url("application_send", mine), consent)
    assert "Tu lista cambió después de abrir esta página." in answer.text
    assert 'name="version" value="2"' in answer.text


def test_the_double_click_of_any_button_is_harmless(client, mine, posts):
    for _click in range(2):
        client.post(url("application_list", mine), {"base": 0, "agregar": posts[0].pk})
    assert current(mine) == [posts[0].pk]
    assert mine.versions.count() == 1
    for _click in range(2):
        answer = client.post(url("application_list", mine), {"base": 1, "quitar": posts[0].pk}, follow=True)
        assert answer.status_code == 200
    assert current(mine) == []
    assert mine.versions.count() == 2


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"mover": "1:arriba"}, "No se entendió qué mover"),
        ({"mover": "x" * 1_000_000}, "No se entendió qué mover"),
        ({"agregar": "-1"}, "No se entendió qué mover"),
        ({"agregar": "9" * 18}, "no existe"),
        ({}, "No se entendió qué mover"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(client, mine, button, words):
    answer = press(client, mine, follow=True, **button)
    assert answer.status_code == 200
    assert words in answer.text
    assert not mine.versions.exists()


def test_the_script_saves_whole_orders_and_is_told_the_time(client, mine, posts):
    ids = [post.pk for post in posts]
    answer = client.post(
        url("application_list", mine),
        {"base": 0, "orden": ",".join(map(str, ids))},
        headers={"accept": "application/json"},
    )
    assert answer.json() == {"version": 1, "saved": "Guardada a las 12:00:00", "unsent": False}
    assert current(mine) == ids
    for bad in ("1,x", f"{ids[0]},{ids[0]}", ",".join(["1"] * 3000)):
        answer = client.post(
            url("application_list", mine), {"base": 1, "orden": bad}, headers={"accept": "application/json"}
        )
        assert answer.status_code == 422
        assert answer.json()["remedy"]
    assert current(mine) == ids


def test_a_page_opened_before_closing_and_sent_a_second_after(client, mine, mariana, posts, at_noon):
    last = make.CLOSES
    save(mine, mariana, [posts[0].pk], last)
    operations.send_list(application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=last)
    at_noon["now"] = last + timedelta(seconds=1)
    for name, data in [
        ("application_list", {"base": 1, "agregar": posts[1].pk}),
        ("application_withdraw", {}),
        ("application_versions", {"version": 1}),
    ]:
        answer = client.post(url(name, mine), data, follow=True)
        assert (
            "La convocatoria cerró el 23 de febrero de 2024 a las 23:59:59, hora del centro." in answer.text
        )
        assert "Cuenta tu envío del 23 de febrero de 2024 a las 23:59:59" in answer.text
    late = client.post(
        url("application_send", mine), {"version": 1, "rules": 1, "accepts": "on", "consents": "on"}
    )
    assert late.status_code == 422
    assert "Cuenta tu envío" in late.text
    page = client.get(url("application_list", mine)).text
    assert posts[0].site.short_name in page
    assert "data-ranked" not in page
    assert 'name="mover"' not in page
    assert current(mine) == [posts[0].pk]


def test_unsent_changes_are_said_loudly(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk], now)
    operations.send_list(application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=now)
    save(mine, mariana, [posts[1].pk, posts[0].pk], now)
    loud = "Cuenta tu envío del 10 de febrero de 2024 a las 12:00:00"
    for name in ("application", "application_list", "application_send", "application_receipt"):
        page = client.get(url(name, mine)).text
        assert loud in page
        assert "Tienes cambios sin enviar" in page
        assert page.count(loud) == 1 or name == "application_send"
    assert "Tienes cambios sin enviar" in client.get(reverse("calls:my_home")).text


def test_withdrawing_asks_first_and_can_be_undone(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk], now)
    operations.send_list(application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=now)
    assert "¿Retirar la solicitud?" in client.get(url("application_withdraw", mine)).text
    for _click in range(2):
        answer = client.post(url("application_withdraw", mine), follow=True)
        assert "Tu solicitud está retirada: no participa." in answer.text
    for _click in range(2):
        answer = client.post(url("application_restore", mine), follow=True)
        assert "participa otra vez" in answer.text
    assert client.get(url("application_restore", mine)).status_code == 405


def test_two_lists_say_where_they_differ(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk, posts[1].pk], now)
    save(mine, mariana, [posts[0].pk, posts[1].pk, posts[2].pk], now)
    late = {"base": 1, "mover": f"{posts[1].pk}:primero"}
    page = client.post(url("application_list", mine), late, follow=True)
    assert "Guardaste dos listas distintas" in page.text
    saved, ordered = page.text.split('id="mia"')
    for half in (saved, ordered):
        assert half.count("en la otra, opción 1") == half.count("en la otra, opción 2") == 1
    assert saved.count("solo en esta") == 1
    assert "solo en esta" not in ordered


def test_with_nothing_to_withdraw_one_is_sent_back_with_a_sentence(client, mine, mariana, posts, now):
    back = [(url("application", mine), 302)]
    answer = client.get(url("application_withdraw", mine), follow=True)
    assert answer.redirect_chain == back
    assert "Todavía no envías esta solicitud: no hay nada que retirar." in answer.text
    save(mine, mariana, [posts[0].pk], now)
    operations.send_list(application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=now)
    client.post(url("application_withdraw", mine))
    answer = client.get(url("application_withdraw", mine), follow=True)
    assert answer.redirect_chain == back
    assert "Esta solicitud ya está retirada." in answer.text


PAGES = [
    "application",
    "application_details",
    "application_list",
    "application_add",
    "application_versions",
    "application_send",
    "application_receipt",
    "application_withdraw",
]


@pytest.mark.parametrize("name", PAGES)
def test_another_persons_application_does_not_exist(client, mine, name):
    client.force_login(make.user("Bruno"))
    assert client.get(url(name, mine)).status_code == 404
    assert client.post(url(name, mine)).status_code in (404, 405)


@pytest.mark.parametrize("name", PAGES)
def test_who_has_not_signed_in_is_asked_to(client, mine, name):
    client.logout()
    answer = client.get(url(name, mine))
    assert answer.status_code == 302
    assert "/cuenta/login/" in answer.url


@pytest.mark.parametrize("name", sorted({*PAGES} - {"application_receipt", "application_withdraw"}))
def test_every_page_opens_empty_and_after_closing(client, mine, name, at_noon):
    assert client.get(url(name, mine)).status_code == 200
    at_noon["now"] = make.CLOSES + timedelta(days=1)
    assert client.get(url(name, mine)).status_code == 200


def test_the_receipt_says_who_what_and_when_and_can_be_checked(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[1].pk, posts[0].pk], now)
    sent = operations.send_list(
        application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=now
    )
    answer = client.get(url("application_receipt_pdf", mine, 1))
    assert answer["Content-Type"] == "application/pdf"
    document = pypdf.PdfReader(io.BytesIO(answer.content))
    text = " ".join(" ".join(page.extract_text().split()) for page in document.pages)
    for words in (
        "Mariana Xool Cocom",
        mine.folio,
        posts[0].key,
        posts[1].key,
        sent.receipt,
        "12:00:00",
        "91.25",
    ):
        assert words in text
    assert sent.digest in text.replace(" ", "")
    assert text.index(posts[1].key) < text.index(posts[0].key)
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    public = client.get(reverse("calls:receipt", args=[sent.receipt.lower()]))
    assert "Comprobante auténtico y vigente" in public.text
    assert sent.digest[:8] in public.text
    for hidden in ("Mariana Xool", posts[0].key, posts[0].site.name):
        assert hidden not in public.text.split("<main")[1]
    assert client.get(url("application_receipt_pdf", mine, 2)).status_code == 404
    assert client.get(url("application_receipt_pdf", mine, 10**30)).status_code == 404
    assert client.get(reverse("calls:receipt", args=["JR-no-existe"])).status_code == 404


def test_the_digest_is_of_the_file_one_can_download(client, mine, call, mariana, posts, now):
    save(mine, mariana, [posts[1].pk, posts[0].pk], now)
    call.addenda.create(number=1, text="Aclaración", digest="ab" * 32, published_at=now)
    call.amendments = 1
    call.save()
    sent = operations.send_list(
        application=mine, version=1, accepts_rules=2, actor=make.actor(mariana), now=now
    )
    content = client.get(url("application_receipt_content", mine, 1)).content
    assert hashlib.sha256(content).hexdigest() == sent.digest
    assert "versión 2" in pdf_text(client, mine)


def test_an_old_receipt_does_not_show_what_was_declared_later(client, mine, mariana, posts, now):
    save(mine, mariana, [posts[0].pk], now)
    operations.send_list(application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=now)
    assert "91.25" in pdf_text(client, mine)
    mine.refresh_from_db()
    mine.merit = ["99.00"]
    mine.save()
    text = pdf_text(client, mine)
    assert posts[0].key in text
    assert "99.00" not in text
    assert client.get(url("application_receipt_content", mine, 1)).status_code == 302


def pdf_text(client, mine):
    content = client.get(url("application_receipt_pdf", mine, 1)).content
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_what_looks_like_markup_stays_text_in_the_receipt(client, call, posts, now):
    user = make.user("#panic() $x$ *Ana* \\")
    application = make.application(call, user.person)
    save(application, user, [posts[0].pk], now)
    operations.send_list(application=application, version=1, accepts_rules=1, actor=make.actor(user), now=now)
    client.force_login(user)
    answer = client.get(url("application_receipt_pdf", application, 1))
    assert "#panic() $x$ *Ana*" in pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


@pytest.mark.parametrize(
    "name", ["application_list", "application_send", "application_versions", "application_add"]
)
def test_pages_read_a_fixed_number_of_times(
    client, mine, mariana, call, now, name, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for many in (1, 3):
        posts = [make.post(call).pk for _ in range(many)]
        save(mine, mariana, posts, now)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url(name, mine)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_the_home_asks_one_thing_first(client, mine, mariana, posts, now):
    page = client.get(reverse("calls:my_home"))
    assert "Falta tu lista" in page.text
    save(mine, mariana, [posts[0].pk], now)
    assert "Falta enviar tu lista" in client.get(reverse("calls:my_home")).text
    operations.send_list(application=mine, version=1, accepts_rules=1, actor=make.actor(mariana), now=now)
    assert "no tienes nada pendiente" in client.get(reverse("calls:my_home")).text


def test_the_home_of_who_has_nothing(client, call):
    client.force_login(make.user("Nueva"))
    page = client.get(reverse("calls:my_home"))
    assert "Todavía no tienes ninguna solicitud" in page.text
    assert call.title in page.text
