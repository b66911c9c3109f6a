"""Reads of calls and applications."""

from cauce.calls.queries.application import (
    CallPost,
    SentList,
    applications_visible_to,
    call_posts,
    calls_to_count,
    counting,
    sent_lists,
)
from cauce.calls.queries.desk import (
    Rules,
    calls_managed_by,
    findings_of,
    rules_of,
    snapshot,
)

__all__ = [
    "CallPost",
    "Rules",
    "SentList",
    "applications_visible_to",
    "call_posts",
    "calls_managed_by",
    "calls_to_count",
    "counting",
    "findings_of",
    "rules_of",
    "sent_lists",
    "snapshot",
]
