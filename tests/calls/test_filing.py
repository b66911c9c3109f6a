"""An office applies for a person who consented in writing: the same rules, one sending, and everybody sees whose it is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cauce.accounts import roles
from cauce.accounts.models import Person
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent, StoredFile
from cauce.calls import documents, operations, queries
from cauce.calls.models import Application, Call, ListVersion, PaperApplication, ReviewCase
from cauce.calls.rules import filing as rules
from cauce.calls.rules.application import ListRefused
from cauce.calls.rules.filing import Filing, Held, Identity
from tests.accounts import factories as accounts
from tests.base.uploads import photo, upload
from tests.calls import dossiers, factories
from tests.calls.drafts import office, officer
from tests.calls.paper import BORN, NAMES, WRONG_DIGIT, curp
from tests.calls.test_paper_claims import claimant, prove
from tests.conftest import NOON

SIGNED = date(2024, 2, 8)
WORDS = "Presentada por Instituto IMSSB con consentimiento escrito del 8 de febrero de 2024."


# --------------------------------------------------------------------- rules


def test_what_the_office_is_told_to_do_instead():
    paper, online, known = (
        Held(1, BORN, "M", "JR24-1", None, is_paper=True),
        Held(1, BORN, "M", "JR24-1"),
        Held(1, BORN, "M"),
    )
    assert rules.may_be_filed(None, has_account=False)
    assert rules.may_be_filed(known, has_account=False)
    for held, has_account, word in (
        (paper, False, "se registra con su CURP"),
        (online, True, "recuperar su acceso"),
        (paper, True, "recuperar su acceso"),  # taken over since
        (known, True, "desde esa cuenta"),
    ):
        verdict = rules.may_be_filed(held, has_account=has_account)
        assert not verdict
        assert word in verdict.remedy


@pytest.mark.parametrize(
    ("on", "is_kept", "field"),
    [
        (date(2024, 2, 11), True, "consent_on"),
        (date(2024, 1, 31), True, "consent_on"),
        (SIGNED, False, "scan"),
        (date(2024, 2, 10), True, ""),
        (date(2024, 2, 1), True, ""),
    ],
)
def test_a_consent_is_of_a_day_since_the_publication_and_is_kept_somewhere(on, is_kept, field):
    call = Call(published_at=factories.OPENS)
    if not field:
        rules.check_consent(call, on=on, is_kept=is_kept, today=date(2024, 2, 10))
        return
    with pytest.raises(rules.ConsentRefused) as refused:
        rules.check_consent(call, on=on, is_kept=is_kept, today=date(2024, 2, 10))
    assert refused.value.field == field


def test_a_call_with_categories_is_for_the_person_to_apply_to():
    call = Call(
        institution_id=1, state="published", opens_at=factories.OPENS, closes_at=factories.CLOSES,
        categories=[{"key": "national"}],
    )  # fmt: skip
    carla = Actor(name="user:1", user_id=1, grants=frozenset({(roles.CALL_MANAGE, 1)}))
    verdict = rules.may_file_one(carla, call, now=NOON)
    assert "categoría" in str(verdict.reason)
    call.categories = []
    assert rules.may_file_one(carla, call, now=NOON)


def test_names_are_compared_without_accents_and_never_told():
    rules.check_names(["citlali", "Huitron", "PECH"], NAMES[0])
    with pytest.raises(rules.NamesDisagree) as refused:
        rules.check_names(["Otra", "Huitrón", "Pech"], NAMES[0])
    assert "Citlali" not in f"{refused.value.message} {refused.value.remedy}"


# ---------------------------------------------------------------- operations


@pytest.fixture
def call(db):
    """JR24, open at noon, with three posts by the keys 20-1 to 20-3."""
    call = factories.call("JR24", max_choices=2)
    for at in (1, 2, 3):
        factories.post(call, key=f"20-{at}")
    accounts.make_notice()
    return call


def filing(call, names=NAMES[0], keys=("20-2", "20-1"), **values):
    posts = dict(call.posts.values_list("key", "pk"))
    given, first, second = names
    defaults = {
        "row": 0, "identity": Identity("curp", "MX", curp(names)), "document_doubt": "", "generic_curp": "",
        "given_names": given, "first_surname": first, "second_surname": second, "birth_date": BORN, "sex": "M",
        "birth_state": "20", "email": "", "rfc": "", "specialty_id": factories.specialty().pk, "merit": ("91.25",),
        "groups": (), "origin_state": "", "posts": tuple(posts[key] for key in keys),
    }  # fmt: skip
    return Filing(**{**defaults, **values})


def send(call, told, now, *, actor=None, consent=None):
    return operations.file_application(
        actor=actor or officer(), call=call, filing=told, phone="5512345678", now=now,
        consent=consent or operations.WrittenConsent(SIGNED, scan=dossiers.picture("firma")),
    )  # fmt: skip


def test_what_an_office_sends_is_what_the_person_would_have_sent_and_names_the_office(call, now):
    dossiers.asked(call)
    made = send(call, filing(call), now)
    version = made.versions.get()
    assert (made.state, made.submitted_at, made.merit, made.person.phone) == (
        "submitted", now, ["91.25"], "5512345678",
    )  # fmt: skip
    assert list(made.choices.order_by("rank").values_list("post__key", flat=True)) == ["20-2", "20-1"]
    assert documents.receipt_content_of(version) is not None  # anybody can write it again
    assert ReviewCase.objects.filter(application=made).exists()
    paper = made.paper
    assert (paper.office, paper.consent_on, paper.row, paper.file_digest) == (
        "Instituto IMSSB",
        SIGNED,
        None,
        "",
    )
    assert rules.filed_words(paper) == WORDS
    assert ["Presentación", WORDS] in documents._receipt_rows(made, version)
    event = AuditEvent.objects.get(action="calls.file_application")
    assert (event.subject_id, event.detail["consent_on"], event.detail["consent_scan"]) == (
        str(made.pk), "2024-02-08", paper.consent_file.digest,
    )  # fmt: skip
    assert not any(name in str(event.detail) for name in (*NAMES[0], curp()))


def test_a_second_click_is_the_first_even_after_closing_and_another_list_is_not(call, now):
    made = send(call, filing(call), now)
    late = call.closes_at + timedelta(seconds=1)
    assert send(call, filing(call), late) == made
    with pytest.raises(Denied, match="ya tiene en esta convocatoria"):
        send(call, filing(call, keys=("20-3",)), now)
    with pytest.raises(Denied, match="ya tiene en esta convocatoria"):
        send(call, filing(call), now, actor=officer(name="Otilia"))
    assert (Application.objects.count(), ListVersion.objects.count(), Person.objects.count()) == (1, 1, 1)


def test_the_same_closing_second_and_the_same_rules_or_nothing_is_kept(call, now):
    with pytest.raises(Denied, match="cerró"):
        send(call, filing(call), call.closes_at + timedelta(seconds=1))
    with pytest.raises(ListRefused):
        send(call, filing(call, keys=("20-1", "20-2", "20-3")), now)
    with pytest.raises(rules.ConsentRefused):
        send(call, filing(call), now, consent=operations.WrittenConsent(SIGNED))
    for role, where, name in (("auditor", None, "Aurelio"), ("call_manager", "ISSSTE", "Darío")):
        with pytest.raises(Denied):
            send(call, filing(call), now, actor=officer(role, where, name))
    assert (Person.objects.count(), StoredFile.objects.count()) == (0, 0)
    send(call, filing(call), call.closes_at)


def test_who_has_an_account_applies_by_themselves_and_who_was_brought_before_keeps_their_names(call, now):
    user = factories.user("Bruno", last_login=now)
    accounts.make_curp(user.person, number=curp(NAMES[1]))
    with pytest.raises(Denied, match="ya tiene cuenta"):
        send(call, filing(call, NAMES[1]), now)
    send(call, filing(call), now)
    other = factories.call("JR25")
    factories.post(other, key="20-9")
    with pytest.raises(rules.NamesDisagree):
        send(other, filing(other, keys=("20-9",), given_names="Otra"), now)
    assert send(other, filing(other, keys=("20-9",)), now).person == Person.objects.exclude(user=user).get()


def test_the_person_takes_it_over_with_its_folio_and_sees_who_sent_it(call, now, client, at_noon):
    made = send(call, filing(call), now)
    user = claimant(now)
    prove(user, made.folio, now)
    client.force_login(user)
    for page in ("application", "application_receipt"):
        assert WORDS in client.get(reverse(f"calls:{page}", args=[made.folio])).text
    user.refresh_from_db()
    hers = actor_for(user)
    made.refresh_from_db()
    saved = operations.save_list(
        application=made, posts=filing(call, keys=("20-3",)).posts, based_on=1, actor=hers, now=now
    )
    sent = operations.send_list(application=made, version=saved.number, accepts_rules=1, actor=hers, now=now)
    assert WORDS not in client.get(reverse("calls:application_receipt", args=[made.folio])).text
    assert not any(WORDS in row for row in documents._receipt_rows(made, sent))  # this one is her own


@pytest.mark.parametrize(
    "values",
    [
        {"row": 2},
        {"file_digest": "a" * 64},
        {"office": ""},
        {"consent_on": None},
        {"consent_file": None},
        {"filed_by": None},
    ],
)
def test_the_database_keeps_either_the_row_or_the_consent(call, now, values):
    made = send(call, filing(call), now)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperApplication.objects.filter(application=made).update(**values)


# --------------------------------------------------------------------- pages

TYPED = {
    "curp": curp(), "given_names": NAMES[0][0], "first_surname": NAMES[0][1], "second_surname": NAMES[0][2],
    "criterion_mark": "91,25", "posts": "20-2\r\n 20-1 \r\n",
}  # fmt: skip
SIGN = {
    "send": "1", "consent_on_0": "8", "consent_on_1": "2", "consent_on_2": "2024", "checked": "on",
    "consent_folio": "Caja 4, hoja 12",
}  # fmt: skip


@pytest.fixture
def desk(call, client, at_noon):
    client.force_login(office())
    page = reverse("calls:file_application", args=["JR24"])
    typed = {**TYPED, "specialty": str(factories.specialty().pk)}
    factories.post(call, key="OTRA-1", specialty=factories.specialty("cirugia", "Cirugía"))
    return lambda **more: client.post(page, {**typed, **more}, follow=True)


def test_from_the_curp_to_the_receipt_and_nothing_is_kept_before_the_end(desk, client, call):
    page = client.post(reverse("calls:file_application", args=["JR24"]), {"curp": curp().lower()})
    assert "4 de mayo de 1995" in page.text
    page = desk()
    assert page.text.index("20-2") < page.text.index("20-1")
    assert not Person.objects.exists()
    assert "91,25" in desk(back="1").text
    page = desk(**SIGN)
    made = Application.objects.get()
    assert page.redirect_chain == [(reverse("calls:filed_application", args=["JR24", made.folio]), 302)]
    assert WORDS in page.text
    again = desk(**SIGN)
    assert again.redirect_chain == page.redirect_chain
    assert Application.objects.count() == 1
    applications = reverse("calls:desk_applications", args=["JR24"])
    assert WORDS in client.get(applications).text
    # Whose list it is, only who sent it sees; that it was sent so, everybody at the desk.
    client.force_login(office(name="Otilia"))
    assert client.get(page.redirect_chain[0][0]).status_code == 404
    assert WORDS in client.get(applications).text


def test_what_a_panel_records_is_not_asked_for(desk, call):
    interview = {**factories.SCORE, "key": "interview", "label": "Entrevista", "source": "panel"}
    Call.objects.filter(pk=call.pk).update(score_criteria=[factories.MARK, interview])
    assert "Entrevista" not in desk().text
    desk(**SIGN)
    assert Application.objects.get().merit == ["91.25", ""]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"curp": WRONG_DIGIT}, "último carácter"),
        ({"posts": "20-2\n20-77"}, "Opción 2: ninguna plaza de esta convocatoria tiene la clave 20-77"),
        ({"posts": "20-2\nOTRA-1"}, "(OTRA-1) es de otra especialidad"),
        ({"posts": "20-1\n20-1"}, "está dos veces"),
        ({"given_names": "Xóchitl"}, "no corresponden a: nombres"),
        ({"criterion_mark": "59"}, "fuera de lo que admite"),
        ({**SIGN, "consent_folio": ""}, "Falta el consentimiento firmado"),
        ({**SIGN, "checked": ""}, "Falta cotejar"),
    ],
)
def test_an_error_names_its_place_and_keeps_what_was_typed(desk, typed, told):
    page = desk(**typed)
    assert page.status_code == 422
    assert told in page.text
    assert "Huitrón" in page.text or "curp" in typed
    assert not Person.objects.exists()


def test_the_scan_is_of_the_person_and_the_office_only(desk, client, call, now):
    desk(**SIGN, scan=upload(photo(1), "firma.png"))
    made = Application.objects.get()
    scan = reverse("calls:consent_scan", args=[made.folio])
    user = claimant(now)
    prove(user, made.folio, now)
    for who, status in (
        (office(), 200), (user, 200), (factories.user("Bruno"), 404), (office("call_manager", "ISSSTE", "Darío"), 404),
    ):  # fmt: skip
        client.force_login(who)
        answer = client.get(scan)
        assert answer.status_code == status
    assert client.get(scan).status_code == 404


def test_the_numbers_of_a_call_take_as_many_queries_for_three_of_them_as_for_one(call, now):
    carla, counts = officer(), []
    for sent in (NAMES[:1], NAMES[1:3]):
        for names in sent:
            send(call, filing(call, names), now)
        with CaptureQueriesContext(connection) as found:
            page = queries.applications_page(carla, call, number=1, now=now)
        counts.append(len(found))
    assert counts[0] == counts[1]
    assert [words for _row, words in page.rows] == [WORDS] * 3


def test_closed_the_page_says_why_and_takes_nothing(call, client, at_noon):
    at_noon["now"] = call.closes_at + timedelta(seconds=1)
    client.force_login(office())
    page = client.get(reverse("calls:file_application", args=["JR24"]))
    assert "cerró" in page.text
    assert "<form" not in page.text.split("<main")[1]
