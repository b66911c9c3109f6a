"""Letters: written to the outbox, handed to the carrier, read in the inbox."""

from cauce.notices.operations.delivery import (
    LEASE,
    PAUSES,
    NoSuchMessage,
    count_as_sent,
    deliver,
    deliver_one,
    send_again,
)
from cauce.notices.operations.posting import BATCH, TITLE_LIMIT, post_letter, post_many
from cauce.notices.operations.reading import choose_reminders, forget, mark_all_read, mark_read
from cauce.notices.rules import Letter

__all__ = [
    "BATCH",
    "LEASE",
    "PAUSES",
    "TITLE_LIMIT",
    "Letter",
    "NoSuchMessage",
    "choose_reminders",
    "count_as_sent",
    "deliver",
    "deliver_one",
    "forget",
    "mark_all_read",
    "mark_read",
    "post_letter",
    "post_many",
    "send_again",
]
