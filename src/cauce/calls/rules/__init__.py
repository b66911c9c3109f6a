"""Who may do what to calls and applications, and why not. No queries, no clock."""

from cauce.calls.rules.application import (
    may_change_details,
    may_edit,
    may_restore,
    may_start,
    may_withdraw,
)
from cauce.calls.rules.calendar import Phase, accepts, phase
from cauce.calls.rules.canonical import digest_of
from cauce.calls.rules.desk import (
    may_amend,
    may_bring_posts,
    may_create,
    may_edit_call,
    may_extend,
    may_load,
    may_manage,
    may_publish,
    may_read_desk,
    may_walk_audit,
)
from cauce.calls.rules.folio import folio, read_folio
from cauce.calls.rules.freezing import (
    Snapshot,
    addendum_digest,
    current_version,
    frozen_rules,
)
from cauce.calls.rules.lint import (
    Finding,
    Section,
    Severity,
    blocking,
    lint,
    lint_dates,
    warnings,
)
from cauce.calls.rules.lottery import lottery_is_fixed
from cauce.calls.rules.receipt import Receipt, receipt_content, receipt_for

__all__ = [
    "Finding",
    "Phase",
    "Receipt",
    "Section",
    "Severity",
    "Snapshot",
    "accepts",
    "addendum_digest",
    "blocking",
    "current_version",
    "digest_of",
    "folio",
    "frozen_rules",
    "lint",
    "lint_dates",
    "lottery_is_fixed",
    "may_amend",
    "may_bring_posts",
    "may_change_details",
    "may_create",
    "may_edit",
    "may_edit_call",
    "may_extend",
    "may_load",
    "may_manage",
    "may_publish",
    "may_read_desk",
    "may_restore",
    "may_start",
    "may_walk_audit",
    "may_withdraw",
    "phase",
    "read_folio",
    "receipt_content",
    "receipt_for",
    "warnings",
]
