"""The certifier's own tickets: SHA-256 (FIPS 180-4) of sixteen short messages side by side."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


def _words(text: str) -> np.ndarray:
    return np.array([int(word, 16) for word in text.split()], np.uint32)


BEGIN = _words("6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19")
"""What every digest begins with (FIPS 180-4, 5.3.3)."""
ROUNDS = _words("""
428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5
d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174
e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da
983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967
27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85
a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070
19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3
748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2
""")
"""One constant for each round (4.2.2)."""


@compiled
def digest_block(state, block, rounds):
    """Digest one more block of each of sixteen messages: word i of message k stands at ``16 * i + k``.

    ``state``: uint32 (128,), updated; ``block``: uint32 (256,), overwritten.
    """
    now = state.copy()
    for t in range(64):
        # The variables a to h change places in every round; instead of moving them, their rows turn.
        a, b, c, d = (64 - t & 7) * 16, (65 - t & 7) * 16, (66 - t & 7) * 16, (67 - t & 7) * 16
        e, f, g, h = (68 - t & 7) * 16, (69 - t & 7) * 16, (70 - t & 7) * 16, (71 - t & 7) * 16
        w = (t & 15) * 16
        if t >= 16:
            u, v, x = (t + 1 & 15) * 16, (t + 9 & 15) * 16, (t + 14 & 15) * 16
            for k in range(16):
                early, late = block[u + k], block[x + k]
                turned = (early >> np.uint32(7) | early << np.uint32(25)) ^ early >> np.uint32(3)
                turned ^= early >> np.uint32(18) | early << np.uint32(14)
                other = (late >> np.uint32(17) | late << np.uint32(15)) ^ late >> np.uint32(10)
                other ^= late >> np.uint32(19) | late << np.uint32(13)
                block[w + k] += turned + block[v + k] + other
        constant = rounds[t]
        for k in range(16):
            up, down = now[e + k], now[a + k]
            mixed = (up >> np.uint32(6) | up << np.uint32(26)) ^ (up >> np.uint32(11) | up << np.uint32(21))
            mixed ^= up >> np.uint32(25) | up << np.uint32(7)
            mixed += now[h + k] + (now[g + k] ^ up & (now[f + k] ^ now[g + k])) + constant + block[w + k]
            more = (down >> np.uint32(2) | down << np.uint32(30)) ^ (
                down >> np.uint32(13) | down << np.uint32(19)
            )
            more ^= down >> np.uint32(22) | down << np.uint32(10)
            now[d + k] += mixed
            now[h + k] = mixed + more + (down & now[b + k] | now[c + k] & (down | now[b + k]))
    for at in range(128):
        state[at] += now[at]


@compiled
def keyed_digests(text, end, inner, outer, rounds, drawn):
    """HMAC-SHA256 (RFC 2104) of messages of at most 55 bytes, as rows of four words, most significant first.

    ``text``: the messages one after another (uint8); ``end``: where each ends; ``inner``/``outer``: uint32
    (128,), the state after the two padded keys, the same for all sixteen. Written into ``drawn`` (uint64).
    """
    block = np.empty(256, np.uint32)
    size = len(end)
    for first in range(0, size, 16):
        many = min(16, size - first)
        block[:] = 0
        for k in range(many):
            begin = end[first + k - 1] if first + k else 0
            length = end[first + k] - begin
            for at in range(length):
                block[(at >> 2) * 16 + k] |= np.uint32(text[begin + at]) << np.uint32(24 - 8 * (at & 3))
            block[(length >> 2) * 16 + k] |= np.uint32(0x80) << np.uint32(24 - 8 * (length & 3))
            block[240 + k] = np.uint32(8 * (64 + length))
        within = inner.copy()
        digest_block(within, block, rounds)
        for at in range(128):
            block[at] = within[at]
            block[at + 128] = 0
        for k in range(16):
            block[128 + k] = np.uint32(0x80000000)
            block[240 + k] = np.uint32(8 * (64 + 32))
        around = outer.copy()
        digest_block(around, block, rounds)
        for k in range(many):
            for word in range(4):
                high, low = np.uint64(around[32 * word + k]), np.uint64(around[32 * word + 16 + k])
                drawn[first + k, word] = high << np.uint64(32) | low
