"""Chance with a name: the same words give the same whole numbers, on any machine and any release of NumPy.

Only the raw stream of Philox is used, which NumPy promises to keep; what is made of it is integer arithmetic.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
THOUSAND = 1000
_STEPS = 1 << 16


class Draws:
    """A stream of chance for each name; two streams never share a number."""

    def __init__(self, *name: object) -> None:
        digest = hashlib.sha256("\n".join(map(str, name)).encode()).digest()
        self._bits = np.random.Philox(key=np.frombuffer(digest[:16], np.dtype("<u8")).astype(np.uint64))

    def _raw(self, count: int) -> NDArray[np.uint64]:
        return np.atleast_1d(self._bits.random_raw(count))

    def below(self, limit: int | Ints, count: int) -> Ints:
        """Whole numbers from 0 to ``limit`` - 1, one for all or one for each; the bias is under ``limit`` in 2**32."""
        limits = np.asarray(limit).astype(np.uint64)
        return (((self._raw(count) >> np.uint64(32)) * limits) >> np.uint64(32)).astype(np.int64)

    def order(self, count: int) -> Ints:
        """A permutation."""
        return np.argsort(self._raw(count), kind="stable")

    def noise(self, count: int) -> Ints:
        """Gumbel noise in thousandths: adding it to logarithms of weights and taking the best is a weighted draw."""
        return gumbel()[(self._raw(count) >> np.uint64(48)).astype(np.int64)]

    def bell(self, count: int) -> Ints:
        """Nearly normal noise in thousandths: the sum of twelve uniform numbers, less six."""
        parts = self.below(THOUSAND, 12 * count).reshape(count, 12)
        return parts.sum(axis=1) - 6 * THOUSAND + 6

    def pick(self, weights: Ints, count: int) -> Ints:
        """``count`` indices, each with a chance in proportion to its whole weight."""
        ends = np.cumsum(weights)
        return np.searchsorted(ends, self.below(int(ends[-1]), count), side="right")


@cache
def gumbel() -> Ints:
    """Quantiles of the Gumbel distribution at 65,536 even steps, rounded to thousandths."""
    return np.array(
        [round(-THOUSAND * math.log(-math.log((step + 0.5) / _STEPS))) for step in range(_STEPS)], np.int64
    )


def largest_remainder(weights: Ints | list[int], total: int) -> Ints:
    """Whole parts that add up to ``total`` in proportion to ``weights``; equal remainders go to the first."""
    given = np.asarray(weights, np.int64)
    whole, rest = np.divmod(given * total, given.sum())
    missing = total - int(whole.sum())
    whole[np.argsort(-rest, kind="stable")[:missing]] += 1
    return whole
