"""How much memory a piece of work takes at its peak, at full speed where the system tells it."""

from __future__ import annotations

import ctypes
import gc
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak(work: Callable[[], object]) -> int:
    """Bytes by which the process grew at most while the work was done; elsewhere than on Linux, ten times slower."""
    if not RESET.exists():
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or the work would hide in what earlier tests left free
    before = _kilobytes("VmRSS")
    RESET.write_text("5")  # the high-water mark starts anew
    work()
    return (_kilobytes("VmHWM") - before) * 1024


def _kilobytes(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    assert found
    return int(found[1])
