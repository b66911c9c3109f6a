"""Pages of allocation."""

from cauce.allocation.views.desk import (
    publish,
    request_run,
    run,
    run_cutoffs,
    run_package,
    run_progress,
    runs,
    sign,
    signing,
    withdraw,
)
from cauce.allocation.views.live import board, choose_online, live_log, my_turn
from cauce.allocation.views.live_desk import (
    call_absent,
    choose_at_desk,
    conduct_live,
    correct,
    decide,
    live,
    live_desk,
    live_desks,
    prepare_live,
)
from cauce.allocation.views.mechanisms import mechanisms, rehearsal_progress, request_rehearsal
from cauce.allocation.views.order import order, order_pdf
from cauce.allocation.views.public import call_results, cutoffs, package, result, results

__all__ = [
    "board",
    "call_absent",
    "call_results",
    "choose_at_desk",
    "choose_online",
    "conduct_live",
    "correct",
    "cutoffs",
    "decide",
    "live",
    "live_desk",
    "live_desks",
    "live_log",
    "mechanisms",
    "my_turn",
    "order",
    "order_pdf",
    "package",
    "prepare_live",
    "publish",
    "rehearsal_progress",
    "request_rehearsal",
    "request_run",
    "result",
    "results",
    "run",
    "run_cutoffs",
    "run_package",
    "run_progress",
    "runs",
    "sign",
    "signing",
    "withdraw",
]
