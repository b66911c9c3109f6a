"""When a compiled loop is worth the second that loading the compiler takes."""

from __future__ import annotations

import os


def compiled_pays(steps: int, *, least: int = 2_000_000) -> bool:
    """Whether so many steps are better compiled; never where compilation is switched off.

    Either way gives the same bytes.
    """
    return steps >= least and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
