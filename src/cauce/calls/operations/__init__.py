"""Everything that changes calls and applications."""

from cauce.calls.bridge import commitment_of
from cauce.calls.operations.application import (
    DetailsRefused,
    ListChanged,
    ListRefused,
    NoSuchVersion,
    RulesNotAccepted,
    add_missing,
    count_demand,
    restore,
    save_details,
    save_list,
    send_list,
    start_application,
    take_over,
    withdraw,
)
from cauce.calls.operations.audit import walk_audit
from cauce.calls.operations.design import (
    edit_design,
    load_orders,
    load_standings,
    record_outlook,
    set_seats,
)
from cauce.calls.operations.desk import (
    ChangedMeanwhile,
    DraftRefused,
    create_call,
    edit_dates,
    edit_general,
    edit_scope,
    move_criterion,
    remove_criterion,
    remove_entry,
    save_criterion,
    save_entry,
)
from cauce.calls.operations.posts import (
    add_posts,
    remove_post,
    save_post,
)
from cauce.calls.operations.publishing import (
    AddendumRefused,
    NotPublishable,
    publish_addendum,
    publish_call,
    record_results,
)
from cauce.calls.operations.scores import load_scores
from cauce.calls.rules.scores import ScoresDiffer

__all__ = [
    "AddendumRefused",
    "ChangedMeanwhile",
    "DetailsRefused",
    "DraftRefused",
    "ListChanged",
    "ListRefused",
    "NoSuchVersion",
    "NotPublishable",
    "RulesNotAccepted",
    "ScoresDiffer",
    "add_missing",
    "add_posts",
    "commitment_of",
    "count_demand",
    "create_call",
    "edit_dates",
    "edit_design",
    "edit_general",
    "edit_scope",
    "load_orders",
    "load_scores",
    "load_standings",
    "move_criterion",
    "publish_addendum",
    "publish_call",
    "record_outlook",
    "record_results",
    "remove_criterion",
    "remove_entry",
    "remove_post",
    "restore",
    "save_criterion",
    "save_details",
    "save_entry",
    "save_list",
    "save_post",
    "send_list",
    "set_seats",
    "start_application",
    "take_over",
    "walk_audit",
    "withdraw",
]
