"""Everything that changes calls and applications."""

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
from cauce.calls.operations.publishing import (
    AddendumRefused,
    NotPublishable,
    publish_addendum,
    publish_call,
)

__all__ = [
    "AddendumRefused",
    "DetailsRefused",
    "ListChanged",
    "ListRefused",
    "NoSuchVersion",
    "NotPublishable",
    "RulesNotAccepted",
    "add_missing",
    "count_demand",
    "publish_addendum",
    "publish_call",
    "restore",
    "save_details",
    "save_list",
    "send_list",
    "start_application",
    "take_over",
    "withdraw",
]
