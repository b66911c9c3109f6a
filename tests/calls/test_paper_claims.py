"""Who registers with the CURP of a paper application takes it over with its folio, and never by the CURP alone."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.urls import reverse

from cauce.accounts import rules as people
from cauce.accounts.models import Consent, IdentityClaim, Person, User
from cauce.accounts.operations import IdentityTaken, register
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from cauce.calls import operations
from cauce.calls.models import Choice, PaperApplication
from cauce.calls.rules.filing import FolioRefused
from cauce.calls.rules.folio import folio
from cauce.notices.models import Message
from tests.accounts import factories as accounts
from tests.calls import factories
from tests.calls.paper import BORN, NAMES, curp

pytestmark = pytest.mark.django_db
TYPED = dict(zip(("given_names", "first_surname", "second_surname"), NAMES[0], strict=True))
FORM = {**TYPED, "phone": "5512345678", "password": accounts.PASSWORD, "notice_version": "1", "consent": "on"}


@pytest.fixture
def paper(settings, now):
    """What a clerk brought for Citlali, whom nobody has told of an account, and a neighbour's."""
    cache.clear()
    settings.EMAIL_BACKEND = "cauce.notices.tasks.Outbox"
    accounts.make_notice()
    call = factories.call("JR24")
    post = factories.post(call)

    def brought(names, row):
        given, first, second = names
        person = accounts.make_person(given, first, second, birth_date=BORN, birth_state="20")
        accounts.make_curp(person, number=curp(names))
        made = factories.application(
            call,
            person,
            folio=folio("JR24", row),
            specialty=post.specialty,
            state="submitted",
            submitted_at=now,
        )
        Choice.objects.create(application=made, post=post, rank=1)
        PaperApplication.objects.create(application=made, file_digest="a" * 64, row=row, filed_at=now)
        return made

    return brought(NAMES[0], 2), brought(NAMES[1], 3)


def claimant(now, email="citlali@ejemplo.mx", verified=True):
    user = register(
        email=email, password=accounts.PASSWORD, **TYPED, phone="5512345678", curp=curp(), notice_version=1,
        actor=Actor.system("test"), now=now,
    )  # fmt: skip
    EmailAddress.objects.filter(user=user).update(verified=verified)
    return user


def prove(user, folio, now):
    return operations.take_over_paper(folio=folio, actor=actor_for(user), now=now)


def test_from_registering_to_the_own_application(paper, client):
    mine, _other = paper
    before = list(mine.choices.values_list("post", "rank"))
    page = client.post("/registro/", {"curp": curp()}, follow=True).text
    assert "ya registró esta CURP en papel" in page
    assert mine.folio not in page
    client.post("/registro/", {**FORM, "email": "citlali@ejemplo.mx"})
    user = User.objects.get()
    assert (user.person, Person.objects.count()) == (None, 2)
    letter = Message.objects.get()
    client.post(re.search(r"/cuenta/confirm-email/\S+", letter.body).group())
    page = client.get("/mi/", follow=True)
    assert page.redirect_chain == [("/mi/papel/", 302)]
    assert mine.folio not in page.text
    assert client.get(reverse("calls:application", args=[mine.folio])).status_code == 404
    page = client.post("/mi/papel/", {"folio": mine.folio.lower()}, follow=True)
    assert page.redirect_chain == [(reverse("calls:application", args=[mine.folio]), 302)]
    user.refresh_from_db()
    assert (user.person, user.person.phone) == (mine.person, "5512345678")
    assert list(Choice.objects.filter(application=mine).values_list("post", "rank")) == before
    assert mine.paper.file_digest == "a" * 64
    assert Consent.objects.get().person == mine.person
    told = Message.objects.get(user=user)
    assert mine.folio in told.title
    assert told.link == reverse("calls:application", args=[mine.folio])
    event = AuditEvent.objects.get(action="calls.take_over_paper")
    assert (event.subject_id, event.detail["applications"]) == (str(mine.pk), 1)
    assert client.get("/mi/papel/")["Location"] == "/mi/"


def test_another_folio_proves_nothing_and_tries_are_few(paper, client, now):
    mine, other = paper
    user = claimant(now)
    client.force_login(user)
    for wrong, says in (
        (other.folio, "no es de una solicitud en papel"),
        ("JR24-1", "Ese no es un folio"),
        ("", "Falta"),
    ):
        page = client.post("/mi/papel/", {"folio": wrong})
        assert page.status_code == 422
        assert says in page.text
    codes = [client.post("/mi/papel/", {"folio": other.folio}).status_code for _try in range(3)]
    assert codes == [422, 422, 429]
    assert client.post("/mi/papel/", {"folio": mine.folio}).status_code == 429
    assert not User.objects.filter(person__isnull=False).exists()


def test_the_same_again_changes_nothing_and_the_second_account_is_refused(paper, now):
    mine, _other = paper
    first, second = claimant(now), claimant(now, email="otra@ejemplo.mx")
    assert prove(first, mine.folio, now) == prove(first, mine.folio, now) == mine
    first.refresh_from_db()
    assert prove(first, mine.folio, now) == mine
    assert Message.objects.filter(user=first).count() == 1
    with pytest.raises(IdentityTaken):
        prove(second, mine.folio, now)
    with pytest.raises(IdentityTaken):  # the CURP is of a confirmed account now
        claimant(now, email="tercera@ejemplo.mx")


def test_nobody_proves_before_confirming_or_without_a_claim(paper, now):
    mine, _other = paper
    waiting = claimant(now, verified=False)
    with pytest.raises(Denied, match="sin confirmar"):
        prove(waiting, mine.folio, now)
    assert claimant(now, verified=False) == waiting  # the same registration again
    assert IdentityClaim.objects.count() == 1
    with pytest.raises(Denied):
        prove(accounts.make_user(), mine.folio, now)
    bruno = accounts.make_applicant("Bruno")
    with pytest.raises(FolioRefused):
        prove(bruno, mine.folio, now)
    assert people.read_curp(curp()).number == mine.person.documents.get().number
