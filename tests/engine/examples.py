"""How many random questions a test asks: a fifth of them in the quick run."""

from __future__ import annotations

import os

from hypothesis import settings

SHARE = float(os.environ.get("TEST_EXAMPLES", "1"))


def examples(number: int) -> settings:
    return settings(max_examples=max(10, int(number * SHARE)))
