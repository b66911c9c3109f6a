"""When a compiled loop is worth the second that loading the compiler takes."""

from __future__ import annotations

import os
import sys


def compiled_pays(steps: int, *, least: int = 2_000_000) -> bool:
    """Whether so many steps are better compiled; never where compilation is switched off.

    Once something else has loaded the compiler, far fewer steps are enough. Either way gives the same bytes.
    """
    enough = min(least, 50_000) if "numba" in sys.modules else least
    return steps >= enough and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
