"""The carriers: what takes an e-mail out of the house, and what it can tell about one that was handed over."""

from __future__ import annotations

import os
import smtplib
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend


class FateUnknown(Exception):
    """The carrier had the whole letter and did not answer: it may have taken it, or not."""


@runtime_checkable
class Telling(Protocol):
    """A carrier that knows what it took."""

    def already_took(self, message_id: str) -> bool: ...


class Folder(BaseEmailBackend):
    """Each letter is a file named by its Message-ID, complete or not there: the same letter twice is one file."""

    def __init__(self, file_path: str | Path | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def open(self) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        return True

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            unfinished = self.folder / f".{uuid.uuid4().hex}"
            unfinished.write_bytes(mail.message().as_bytes())
            os.replace(unfinished, self._file(str(mail.extra_headers["Message-ID"])))
        return len(email_messages)

    def already_took(self, message_id: str) -> bool:
        return self._file(message_id).exists()

    def _file(self, message_id: str) -> Path:
        return self.folder / f"{message_id.strip('<>').partition('@')[0]}.eml"


class _Session(smtplib.SMTP):
    """A conversation that tells a refusal from a silence after the letter was handed over."""

    def data(self, msg: Any) -> Any:
        try:
            return super().data(msg)
        except smtplib.SMTPDataError:
            raise  # an answer: the letter was not taken
        except OSError as silence:
            raise FateUnknown(f"{type(silence).__name__}: {silence}") from silence


class _SecureSession(_Session, smtplib.SMTP_SSL):
    pass


class Smtp(EmailBackend):
    """A mail server. What it refuses it has not taken; a line that breaks after the letter leaves its fate unknown."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SecureSession if self.use_ssl else _Session
