"""Registering: who gets in, who is in the way, and what a stranger may not learn."""

from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress

from cauce.accounts import intake, operations, rules
from cauce.accounts.models import Consent, IdentityDocument, Membership, Person, PrivacyNotice, User
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.base.errors import Denied
from cauce.base.models import AuditEvent
from tests.accounts.factories import PASSWORD, make_notice

pytestmark = pytest.mark.django_db

NOBODY = Actor.nobody()
NAMES = {"given_names": "Mariana", "first_surname": "Xool", "second_surname": "Cocom"}
CURP = rules.compose_curp(**NAMES, birth_date=date(1996, 4, 17), sex="M", birth_state="31")
SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def notice():
    return make_notice()


def register(now, **values):
    values = {
        "email": "mariana@ejemplo.mx", "password": PASSWORD, "curp": CURP, "notice_version": 1,
        "actor": NOBODY, "now": now, **NAMES, **values,
    }  # fmt: skip
    return operations.register(**values)


def passport(**values):
    values = {
        "country": "SV",
        "kind": "passport",
        "number": "B0123456",
        "birth_date": date(1994, 2, 3),
        "sex": "M",
    } | values
    return {"curp": "", "foreign": operations.ForeignIdentity(**values)}


def counts():
    return tuple(model.objects.count() for model in (User, Person, IdentityDocument, Consent, EmailAddress))


def test_registering_takes_what_the_curp_says(now):
    user = register(now, email=" Mariana@Ejemplo.MX ", phone="999 123-4567")
    person = user.person
    assert (person.birth_date, person.sex, person.birth_state) == (date(1996, 4, 17), "M", "31")
    assert (user.email, person.phone, user.last_login) == ("mariana@ejemplo.mx", "9991234567", None)
    assert EmailAddress.objects.get().verified is False
    assert Consent.objects.get().notice_id == 1
    assert counts() == (1, 1, 1, 1, 1)


def test_the_audit_names_nobody(now):
    register(now)
    event = AuditEvent.objects.get()
    written = f"{event.actor} {event.action} {event.subject_id} {event.detail}"
    assert event.action == "accounts.register"
    assert not any(word in written for word in ("Mariana", "mariana", CURP))


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"curp": CURP[:-1]}, rules.CurpRefused),
        ({"curp": "XEXX010101HNEXXXA4"}, rules.CurpRefused),
        ({"given_names": "Ana😀"}, rules.NameRefused),
        ({"given_names": "  "}, rules.NameRefused),
        ({"first_surname": ""}, rules.NameRefused),
        ({"phone": "call me"}, rules.PhoneRefused),
        ({"password": "corta"}, operations.PasswordRefused),
        ({"password": "1234567890123"}, operations.PasswordRefused),
        ({"notice_version": 7}, operations.NoticeChanged),
        (passport(birth_date=date(2010, 1, 1)), rules.BirthDateRefused),
        (passport(number="1"), rules.DocumentRefused),
    ],
)
def test_a_refused_registration_leaves_nothing(now, values, error):
    with pytest.raises(error):
        register(now, **values)
    assert counts() == (0, 0, 0, 0, 0)
    assert AuditEvent.objects.count() == 0


def test_the_same_registration_twice_is_one(now):
    first = register(now)
    assert register(now) == first
    assert counts() == (1, 1, 1, 1, 1)


def test_a_mistyped_address_locks_nobody_out(now):
    register(now, email="mariana@ejemplo.nx")
    user = register(now)
    assert list(User.objects.all()) == [user]
    assert counts() == (1, 1, 1, 1, 1)


def test_somebody_elses_unconfirmed_address_is_given_up_with_its_person(now):
    register(now, **passport(), email="mariana@ejemplo.mx")
    user = register(now, password=PASSWORD[::-1])
    assert list(User.objects.all()) == [user]
    assert Person.objects.get().documents.get().number == CURP


@pytest.mark.parametrize("how", ["verified", "signed in"])
def test_a_confirmed_document_is_refused_without_saying_whose(now, how):
    user = register(now)
    if how == "verified":
        EmailAddress.objects.update(verified=True)
    else:
        User.objects.filter(pk=user.pk).update(last_login=now)
    with pytest.raises(operations.IdentityTaken) as refused:
        register(now, email="otra@ejemplo.mx")
    assert "ejemplo" not in f"{refused.value.message}{refused.value.remedy}"
    assert counts() == (1, 1, 1, 1, 1)


def test_a_confirmed_address_is_refused(now):
    register(now)
    EmailAddress.objects.update(verified=True)
    with pytest.raises(operations.EmailTaken):
        register(now, **passport())
    assert counts() == (1, 1, 1, 1, 1)


def test_a_person_without_an_account_keeps_their_document(now):
    person = Person.objects.create(**NAMES, birth_date=date(1996, 4, 17), sex="M", created_at=now)
    held = IdentityDocument.objects.create(person=person, kind="curp", number=CURP)
    IdentityDocument.objects.create(person=person, kind="passport", country="SV", number="B0123456")
    user = register(now)  # only claims to be that person
    assert (user.person, user.claim.person) == (None, person)
    held.refresh_from_db()
    assert (held.person, Person.objects.count(), Consent.objects.count()) == (person, 1, 0)
    with pytest.raises(operations.DocumentTaken):
        register(now, **passport(), email="otra@ejemplo.mx")


def test_a_passport_gets_a_temporary_folio_at_once(now):
    user = register(now, **passport(number=" b-012 3456"))
    documents = dict(user.person.documents.values_list("kind", "number"))
    assert documents["passport"] == "B0123456"
    assert documents["folio"].startswith("TMP-")
    assert user.person.birth_state == ""


def test_the_notice_is_loaded_once_and_never_changes(now, monkeypatch):
    PrivacyNotice.objects.all().delete()
    notice = operations.load_privacy_notices(actor=SYSTEM, now=now)
    operations.load_privacy_notices(actor=SYSTEM, now=now)
    assert PrivacyNotice.objects.count() == len(intake.privacy_notices())
    assert notice.integral.startswith("Texto de ejemplo")
    changed = intake.privacy_notices()
    object.__setattr__(changed[0], "integral", "otra cosa")
    monkeypatch.setattr(intake, "privacy_notices", lambda: changed)
    with pytest.raises(operations.NoticeFrozen, match="versión 1"):
        operations.load_privacy_notices(actor=SYSTEM, now=now)


WHERE = {"IMSS": 1, "IMSS-BIENESTAR": 2, "ISSSTE": 3, "ISSS": 4}


def test_the_people_of_the_demo_are_loaded_once(now):
    first = operations.load_demo_people(institution_ids_by_code=WHERE, actor=SYSTEM, now=now)
    assert first.email.startswith("mariana@")
    before = counts()
    operations.load_demo_people(institution_ids_by_code=WHERE, actor=SYSTEM, now=now + timedelta(days=1))
    assert counts() == before
    assert before[0] > 10
    assert all(user.check_password(operations.DEMO_PASSWORD) for user in User.objects.all())
    assert set(Person.objects.values_list("is_invented", flat=True)) == {True}
    assert Membership.objects.get(user__email__startswith="ofelia").institution_id == 1
    assert actor_for(User.objects.get(email__startswith="aurelio")).holds("audit.read", 99)
    for document in IdentityDocument.objects.filter(kind="curp"):
        assert rules.read_curp(document.number).birth_date == document.person.birth_date


def test_people_with_a_known_password_never_enter_a_real_installation(now, settings):
    settings.DEMO = settings.TESTING = False
    with pytest.raises(Denied):
        operations.load_demo_people(institution_ids_by_code=WHERE, actor=SYSTEM, now=now)
    assert User.objects.count() == 0
