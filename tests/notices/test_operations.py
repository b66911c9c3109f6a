"""The outbox: a cause writes once, a letter is never lost, a refusal is given up with its reason."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError

from cauce.accounts.models import User
from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.base.errors import Denied
from cauce.base.usecases import use_case
from cauce.notices import operations, tasks
from cauce.notices.models import Message, MessageState
from cauce.notices.rules import Template
from tests.accounts.factories import make_applicant, make_officer

pytestmark = pytest.mark.django_db


def written(key, user_id, title="T", *, is_reminder=False):
    """A letter made of a text."""
    text = Template("a.text", 1, "", "%(title)s", ("Cuerpo.",), is_reminder)
    return text.letter(key=key, user_id=user_id, language="es-mx", link="/mi/", title=title)


@use_case
def tell(*, letters, actor, now):
    """Post letters, as a use case of a higher app would."""
    user = User.objects.get(pk=actor.user_id)
    for key, title in letters:
        operations.post_letter(written(key, user.pk, title), subject=user, now=now)
    return user


@use_case
def tell_many(*, letters, actor, now):
    """Post letters in bulk, as a use case of a higher app would."""
    operations.post_many(letters, now=now)
    return User.objects.get(pk=actor.user_id)


class Carrier(BaseEmailBackend):
    """Takes letters unless told otherwise, as a mail server does."""

    def __init__(self, refuses=(), is_down=False):
        super().__init__()
        self.refuses, self.is_down, self.taken = set(refuses), is_down, []

    def open(self):
        if self.is_down:
            raise ConnectionRefusedError("nobody listens")

    def send_messages(self, messages):
        for message in messages:
            message.message()  # as a server would get it: headers are checked here
            if message.to[0] in self.refuses:
                raise OSError("550 no such mailbox")
            self.taken.append(message)
        return len(messages)


@pytest.fixture
def mariana():
    return make_applicant(email="mariana@ejemplo.mx")


def test_the_same_cause_writes_once(mariana, now):
    actor = actor_for(mariana)
    tell(letters=[("call:1:opened", "Abrió"), ("call:1:opened", "Abrió otra vez")], actor=actor, now=now)
    tell(letters=[("call:1:opened", "Abrió")], actor=actor, now=now)
    message = Message.objects.get()
    assert (message.user, message.address, message.title) == (mariana, "mariana@ejemplo.mx", "Abrió")
    assert (message.subject_model, message.subject_id) == ("accounts.User", str(mariana.pk))


def test_a_letter_alone_is_refused(mariana, now):
    with pytest.raises(RuntimeError, match="use case around"):
        operations.post_letter(written("k", mariana.pk), now=now)


@pytest.mark.parametrize("size", [1, 2001])
def test_many_letters_take_two_queries_per_batch(size, mariana, now, django_assert_max_num_queries):
    letters = (written(f"bulk:{i}", mariana.pk) for i in range(size))
    batches = -(-size // operations.BATCH)
    # Savepoint, audit and the reload are the other four; SQLite also splits one insert by its variables.
    with django_assert_max_num_queries(40 * batches + 6):
        tell_many(letters=letters, actor=actor_for(mariana), now=now)
    assert Message.objects.count() == size


def test_bulk_leaves_out_who_is_not_there(mariana, now):
    mariana_only = [written("a", mariana.pk), written("b", 999_999)]
    tell_many(letters=mariana_only, actor=actor_for(mariana), now=now)
    assert list(Message.objects.values_list("key", flat=True)) == ["a"]


def test_a_letter_goes_out_once_with_a_number_made_of_its_cause(mariana, now):
    tell(letters=[("call:1:opened", "Abrió\r\nBcc: x@y.z")], actor=actor_for(mariana), now=now)
    carrier = Carrier()
    assert operations.deliver(carrier=carrier, now=now) == 1
    assert operations.deliver(carrier=carrier, now=now) == 0
    (sent,) = carrier.taken
    assert sent.subject == "Abrió Bcc: x@y.z"
    assert sent.extra_headers["Message-ID"].startswith("<")
    assert sent.body.endswith("/mi/")
    message = Message.objects.get()
    assert (message.state, message.sent_at, message.attempts) == (MessageState.SENT, now, 1)


def test_one_refused_letter_keeps_no_other_back_and_is_given_up_with_its_reason(mariana, now):
    actor = actor_for(mariana)
    bruno = make_applicant("Bruno", email="bruno@ejemplo.mx")
    tell(letters=[("a", "Uno")], actor=actor, now=now)
    tell(letters=[("b", "Dos")], actor=actor_for(bruno), now=now)
    carrier, at = Carrier(refuses={"mariana@ejemplo.mx"}), now
    assert operations.deliver(carrier=carrier, now=at) == 1
    assert operations.deliver(carrier=carrier, now=at) == 0  # the pause has not passed
    assert Message.objects.get(key="a").attempts == 1
    for pause in operations.PAUSES:
        at += pause
        operations.deliver(carrier=carrier, now=at)
    message = Message.objects.get(key="a")
    assert (message.state, message.attempts) == (MessageState.FAILED, len(operations.PAUSES) + 1)
    assert "550 no such mailbox" in message.failure
    operations.deliver(carrier=carrier, now=at + timedelta(days=30))
    assert Message.objects.get(key="a").attempts == message.attempts


def test_a_carrier_that_is_down_costs_no_attempt(mariana, now):
    tell(letters=[("a", "Uno")], actor=actor_for(mariana), now=now)
    with pytest.raises(OSError, match="nobody listens"):
        operations.deliver(carrier=Carrier(is_down=True), now=now)
    assert Message.objects.get().attempts == 0


def test_the_chore_hands_over_what_libraries_wrote(settings):
    settings.EMAIL_BACKEND = "cauce.notices.tasks.Outbox"
    settings.MAIL_CARRIER = "django.core.mail.backends.locmem.EmailBackend"
    mail.send_mail("Hola", "Confirma tu correo", None, ["a@ejemplo.mx", "b@ejemplo.mx"])
    assert set(Message.objects.values_list("address", "user")) == {
        ("a@ejemplo.mx", None),
        ("b@ejemplo.mx", None),
    }
    assert tasks.deliver() == 2
    assert {m.to[0] for m in mail.outbox} == {"a@ejemplo.mx", "b@ejemplo.mx"}


def test_the_chore_waits_for_an_absent_carrier(settings, mariana, now):
    tell(letters=[("a", "Uno")], actor=actor_for(mariana), now=now)
    settings.MAIL_CARRIER = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens on discard
    assert tasks.deliver() == 0
    assert Message.objects.get().state == MessageState.QUEUED


def test_reading_is_noted_once_and_only_by_its_owner(mariana, now):
    actor = actor_for(mariana)
    tell(letters=[("a", "Uno"), ("b", "Dos")], actor=actor, now=now)
    first = Message.objects.get(key="a")
    operations.mark_read(message_id=first.pk, actor=actor, now=now)
    operations.mark_read(message_id=first.pk, actor=actor, now=now + timedelta(hours=1))
    assert Message.objects.get(key="a").read_at == now
    bruno = actor_for(make_applicant("Bruno"))
    with pytest.raises(operations.NoSuchMessage):
        operations.mark_read(message_id=first.pk, actor=bruno, now=now)
    operations.mark_all_read(actor=bruno, now=now)
    assert Message.objects.get(key="b").read_at is None
    operations.mark_all_read(actor=actor, now=now)
    assert not Message.objects.filter(read_at__isnull=True).exists()


# --------------------------------------------------------------------- doubts


@pytest.fixture
def office():
    return actor_for(make_officer(Role.EDUCATION_OFFICE))


def in_doubt(now, **values):
    return Message.objects.create(
        key="d", address="d@ejemplo.mx", title="T", body="B", written_at=now,
        **{"state": MessageState.UNCONFIRMED, "attempts": 3} | values,
    )  # fmt: skip


def test_a_letter_in_doubt_is_sent_again_only_by_whoever_says_so(office, mariana, now):
    letter = in_doubt(now)
    with pytest.raises(Denied):
        operations.send_again(message_id=letter.pk, actor=actor_for(mariana), now=now)
    for _click in range(2):
        operations.send_again(message_id=letter.pk, actor=office, now=now)
    carrier = Carrier()
    assert operations.deliver(carrier=carrier, now=now) == 1
    with pytest.raises(Denied, match="no está en duda"):
        operations.send_again(message_id=letter.pk, actor=office, now=now)


def test_a_letter_that_did_arrive_is_counted_and_not_sent(office, now):
    letter = in_doubt(now)
    for _click in range(2):
        operations.count_as_sent(message_id=letter.pk, actor=office, now=now)
    letter.refresh_from_db()
    assert (letter.state, letter.sent_at) == (MessageState.SENT, now)
    assert operations.deliver(carrier=Carrier(), now=now) == 0


def test_what_is_past_its_date_is_not_sent_again(office, now):
    letter = in_doubt(now, expires_at=now)
    with pytest.raises(Denied, match="fecha ya pasó"):
        operations.send_again(message_id=letter.pk, actor=office, now=now)


def test_reminders_go_only_to_who_wants_them(mariana, now):
    actor = actor_for(mariana)

    def letters(turn):
        return [
            written(f"decision {turn}", mariana.pk),
            written(f"reminder {turn}", mariana.pk, is_reminder=True),
        ]

    for turn, wanted in enumerate((False, False, True)):
        operations.choose_reminders(wanted=wanted, actor=actor, now=now)
        tell_many(letters=letters(turn), actor=actor, now=now)
    keys = set(Message.objects.values_list("key", flat=True))
    assert keys == {"decision 0", "decision 1", "decision 2", "reminder 2"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"state": MessageState.SENDING},
        {"state": MessageState.EXPIRED},
        {"template": "a"},
        {"template_version": 1},
    ],
)
def test_the_database_keeps_letters_whole(wrong, now):
    with pytest.raises(IntegrityError):
        in_doubt(now, **wrong)
