"""What people hand in: pages in order, nothing overwritten, verified once and good until it expires."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cauce.base import files
from cauce.calls import operations, queries
from cauce.calls.models import Evidence, EvidencePart, EvidenceState, ReviewCase
from cauce.calls.operations import EvidenceRefused
from tests.base.uploads import photo, upload
from tests.calls import dossiers
from tests.calls import factories as make
from tests.conftest import NOON


@pytest.fixture
def application(mariana, call):
    return make.application(call, mariana.person)


def hand_in(application, requirement, *texts, actor, issued_on=None, now=NOON, adds=False):
    return operations.hand_in(
        application=application, requirement=requirement, parts=[dossiers.picture(text) for text in texts],
        issued_on=issued_on, actor=actor, now=now, adds=adds,
    )  # fmt: skip


def pages(evidence):
    return [files.content(page)[3:].decode() for page in queries.pages_of([evidence])[evidence.pk]]


@pytest.mark.django_db
def test_pages_stay_in_their_order_and_more_are_added_at_the_end(application, mariana):
    requirement, hers = dossiers.asked(application.call), make.actor(mariana)
    hand_in(application, requirement, "b", "a", actor=hers)
    both = hand_in(application, requirement, "c", actor=hers, adds=True)
    again = hand_in(application, requirement, "c", actor=hers, adds=True)  # a second click
    assert again == both
    assert pages(both) == ["b", "a", "c"]
    assert Evidence.objects.count() == 2
    same = hand_in(application, requirement, "b", "a", "c", actor=hers)
    assert same == both
    with pytest.raises(EvidenceRefused, match="más páginas"):
        hand_in(application, requirement, *map(str, range(18)), actor=hers, adds=True)


@pytest.mark.django_db
def test_an_expired_document_is_refused_with_what_serves_instead(application, mariana):
    requirement = dossiers.asked(
        application.call, "acta", validity_days=31, alternative="Constancia de trámite."
    )
    with pytest.raises(EvidenceRefused, match="venció") as refused:
        hand_in(application, requirement, "x", actor=make.actor(mariana), issued_on=date(2023, 12, 1))
    assert "Constancia de trámite" in refused.value.remedy
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_what_was_verified_serves_in_a_later_call_until_it_expires(application, mariana):
    before = make.call()
    earlier = make.application(before, mariana.person)
    for key, issued in (
        ("titulo", None),
        ("acta", date(2024, 2, 1)),
        ("domicilio", date(2023, 10, 1)),
        ("rfc", None),
    ):
        state = EvidenceState.HANDED_IN if key == "rfc" else EvidenceState.VERIFIED
        dossiers.handed_in(
            earlier, dossiers.asked(before, key), text=key, issued_on=issued, state=state,
            verified_at=None if key == "rfc" else NOON,
        )  # fmt: skip
    validities = {"titulo": None, "acta": 31, "domicilio": 92, "rfc": None}
    for key, days in validities.items():
        dossiers.asked(application.call, key, validity_days=days)
    for _twice in range(2):
        operations.reuse_verified(application=application, actor=make.actor(mariana), now=NOON)
    mine = Evidence.objects.filter(application=application)
    assert {one.requirement.key: one.state for one in mine} == {"titulo": "verified", "acta": "verified"}
    assert {pages(one)[0] for one in mine} == {"titulo", "acta"}


@pytest.mark.django_db
def test_a_foreigner_is_asked_for_other_documents(application, mariana):
    for key, reach in (("acta", "national"), ("pasaporte", "foreign"), ("titulo", "everyone")):
        dossiers.asked(application.call, key, reach=reach)
    assert queries.documents_asked(application) == (2, 2, None)
    mariana.person.documents.create(kind="passport", country="SV", number="A1")
    frame = queries.frame(application, make.actor(mariana), now=NOON)
    page = queries.my_file(frame, make.actor(mariana), now=NOON)
    assert [row.requirement.key for row in page.rows] == ["pasaporte", "titulo"]
    for key, category in (("visa", "foreign"), ("carta", "partner")):
        dossiers.asked(application.call, key, category=category)
    for category, own in (("", []), ("foreign", ["visa"]), ("partner", ["carta"])):
        application.category = category
        page = queries.my_file(
            queries.frame(application, make.actor(mariana), now=NOON), make.actor(mariana), now=NOON
        )
        asked = [row.requirement.key for row in page.rows]
        assert asked == ["pasaporte", "titulo", *own]
        assert queries.documents_asked(application).asked == len(asked)


@pytest.mark.django_db
def test_sending_puts_the_documents_in_the_queue_once_and_says_whether_all_are_there(application, mariana):
    requirement, hers = dossiers.asked(application.call), make.actor(mariana)
    post = make.post(application.call)
    for wanted in ([post.pk], [make.post(application.call).pk]):
        saved = operations.save_list(
            application=application, posts=wanted, based_on=application.version, actor=hers, now=NOON
        )
        operations.send_list(
            application=application, version=saved.number, accepts_rules=1, actor=hers, now=NOON
        )
        application.refresh_from_db()
    assert ReviewCase.objects.get().is_complete is False
    hand_in(application, requirement, "x", actor=hers)
    assert ReviewCase.objects.get().is_complete is True


@pytest.mark.django_db
def test_a_call_without_documents_has_no_queue(application, mariana):
    dossiers.case(application).delete()
    frame = queries.frame(application, make.actor(mariana), now=NOON)
    assert frame.documents[:2] == (0, 0)
    assert len(frame.steps("list")) == 5


@pytest.mark.django_db
def test_the_database_keeps_one_current_evidence_and_counts_its_parts_from_one(application):
    requirement = dossiers.asked(application.call)
    made = dossiers.handed_in(application, requirement)
    for write in (
        lambda: dossiers.handed_in(application, requirement),
        lambda: EvidencePart.objects.create(evidence=made, number=1, file=dossiers.stored("otra")),
        lambda: EvidencePart.objects.create(evidence=made, number=0, file=dossiers.stored("otra")),
        lambda: Evidence.objects.filter(pk=made.pk).update(state="verified"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


# -------------------------------------------------------------------- pages


@pytest.mark.django_db
def test_a_telephone_uploads_photographs_with_any_name_and_sees_what_the_reviewer_will_see(
    client, at_noon, application, mariana
):
    dossiers.asked(application.call, "acta", validity_days=31)
    client.force_login(mariana)
    page = reverse("calls:application_document", args=[application.folio, "acta"])
    sent = {"issued_on_0": "1", "issued_on_1": "2", "issued_on_2": "2024"}
    done = client.post(page, {**sent, "uploads": [upload(photo(1), "🙂.jpg"), upload(photo(2), "x" * 90)],
                              "photo": upload(photo(3))})  # fmt: skip
    assert done.status_code == 302
    evidence = Evidence.objects.get()
    shown = client.get(page).content.decode()
    urls = [reverse("calls:evidence_page", args=[evidence.key, number]) for number in (1, 2, 3)]
    assert all(url in shown for url in urls)
    assert "3 páginas" in shown
    mine = client.get(urls[0])
    assert mine.headers["Content-Type"] == "image/jpeg"
    assert client.get(reverse("calls:evidence_page", args=[evidence.key, 4])).status_code == 404
    # The reviewer who holds the case gets the same bytes from the same address; nobody else gets anything.
    rosa = dossiers.reviewer()
    client.force_login(rosa_user := rosa_of(rosa))
    assert client.get(urls[0]).status_code == 404
    case = dossiers.case(application)
    assert operations.claim_case(call=application.call, actor=rosa, now=NOON) == case
    assert client.get(urls[0]).content == mine.content
    client.force_login(make.user("Bruno"))
    assert client.get(urls[0]).status_code == 404
    assert client.get(page).status_code == 404
    assert rosa_user.pk == rosa.user_id


def rosa_of(actor):
    from cauce.accounts.models import User

    return User.objects.get(pk=actor.user_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"MZ\x90" + b"\0" * 90, "no es una foto ni un PDF"),
        (b"", "está vacío"),
        (None, "No llegó ningún archivo"),
    ],
)
def test_what_is_refused_says_why_on_the_field_and_keeps_nothing(
    client, at_noon, application, mariana, data, words
):
    dossiers.asked(application.call)
    client.force_login(mariana)
    page = reverse("calls:application_document", args=[application.folio, "titulo"])
    answer = client.post(page, {"uploads": upload(data, "titulo.pdf")} if data is not None else {})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_after_closing_the_page_says_that_all_stayed_as_it_was(client, at_noon, application, mariana):
    dossiers.asked(application.call)
    at_noon["now"] = application.call.closes_at + timedelta(seconds=1)
    client.force_login(mariana)
    page = reverse("calls:application_document", args=[application.folio, "titulo"])
    assert "quedaron como estaban" in client.get(page).content.decode()
    assert client.post(page, {"uploads": upload(photo())}).status_code == 403


@pytest.mark.django_db
def test_my_file_is_read_in_a_fixed_number_of_queries(application, mariana, django_assert_num_queries):
    hers = make.actor(mariana)
    frame = queries.frame(application, hers, now=NOON)
    for key in ("a", "b", "c", "d"):
        dossiers.handed_in(application, dossiers.asked(application.call, key), text=key)
    dossiers.asked(application.call, "e")
    with django_assert_num_queries(8):
        queries.my_file(frame, hers, now=NOON)
