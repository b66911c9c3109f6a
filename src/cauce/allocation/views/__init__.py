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
from cauce.allocation.views.mechanisms import mechanisms, rehearsal_progress, request_rehearsal
from cauce.allocation.views.order import order, order_pdf
from cauce.allocation.views.public import call_results, cutoffs, package, result, results

__all__ = [
    "call_results",
    "cutoffs",
    "mechanisms",
    "order",
    "order_pdf",
    "package",
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
