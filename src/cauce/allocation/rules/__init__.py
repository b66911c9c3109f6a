"""Who may run, sign, publish, read and rehearse an allocation; and what a rehearsal measures. No queries, no clock."""

from cauce.allocation.rules.runs import (
    ANSWERED,
    SIGNATURES,
    UNDER_WAY,
    early_warning,
    is_later,
    is_whole,
    may_explain,
    may_publish,
    may_read_run,
    may_rehearse,
    may_run,
    may_sign,
    may_withdraw,
    reviews_seen,
    stages,
)

__all__ = [
    "ANSWERED",
    "SIGNATURES",
    "UNDER_WAY",
    "early_warning",
    "is_later",
    "is_whole",
    "may_explain",
    "may_publish",
    "may_read_run",
    "may_rehearse",
    "may_run",
    "may_sign",
    "may_withdraw",
    "reviews_seen",
    "stages",
]
