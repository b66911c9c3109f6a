"""A mail server on a real socket: what it takes, what it refuses, and what it leaves in doubt."""

from __future__ import annotations

import email
import socketserver
import threading

import pytest

from cauce.notices import tasks
from cauce.notices.models import Message, MessageState
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


class Server(socketserver.ThreadingTCPServer):
    """As much of SMTP as one sender needs. ``silent`` takes a letter and hangs up without an answer."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.taken: list[str] = []
        self.silent = False


class Conversation(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.wfile.write(b"220 prueba\r\n")
        for line in self.rfile:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.wfile.write(b"354 adelante\r\n")
                if not self.take():
                    return
            elif verb == b"RCPT" and b"nadie@" in line:
                self.wfile.write(b"550 no existe\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 adios\r\n")
                return
            else:
                self.wfile.write(b"250 bien\r\n")

    def take(self) -> bool:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        self.server.taken.append(b"".join(lines).decode())
        if self.server.silent:
            return False
        self.wfile.write(b"250 tomada\r\n")
        return True


@pytest.fixture
def server(settings):
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.MAIL_CARRIER = "cauce.notices.bridge.Smtp"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_TIMEOUT = 5
        yield server
        server.shutdown()


def write(*addresses):
    for address in addresses:
        Message.objects.create(key=address, address=address, title="Tu año", body="Ábrela.", written_at=NOON)


def states():
    return dict(Message.objects.values_list("key", "state"))


def test_a_server_takes_letters_and_one_refusal_keeps_no_other_back(server):
    write("nadie@ejemplo.mx", "mariana@ejemplo.mx")
    assert tasks.deliver() == 1
    (sent,) = server.taken
    parsed = email.message_from_string(sent)
    assert (parsed["To"], parsed["Auto-Submitted"]) == ("mariana@ejemplo.mx", "auto-generated")
    assert states() == {"nadie@ejemplo.mx": MessageState.QUEUED, "mariana@ejemplo.mx": MessageState.SENT}
    assert "550" in Message.objects.get(key="nadie@ejemplo.mx").failure


def test_a_server_that_hangs_up_after_the_letter_leaves_it_in_doubt(server):
    server.silent = True
    write("mariana@ejemplo.mx")
    tasks.deliver()
    server.silent = False
    tasks.deliver()
    assert (states(), len(server.taken)) == ({"mariana@ejemplo.mx": MessageState.UNCONFIRMED}, 1)
