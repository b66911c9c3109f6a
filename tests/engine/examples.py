"""How many random questions a test asks: a quarter of its number, a twenty-fifth in the quick run, more if asked for.

``TEST_EXAMPLES=20 python3 run.py test tests/engine`` asks twenty times its number; the tests marked ``scale``
ask thousands of each kind.
"""

from __future__ import annotations

import os

from hypothesis import settings

SHARE = float(os.environ.get("TEST_EXAMPLES", "0.25"))


def examples(number: int) -> settings:
    return settings(max_examples=max(5, int(number * SHARE)))
