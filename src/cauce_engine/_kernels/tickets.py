"""SHA-256 (FIPS 180-4) over many short messages at once, for the lottery of a large call."""

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled

LANES = 16
LONGEST = 55


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _fraction_of_root(prime: int, root: int) -> int:
    """The first 32 bits of the fractional part of the square (2) or cube (3) root of a prime."""
    scaled = prime << (32 * root)
    low, high = 0, scaled
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**root <= scaled else (low, middle - 1)
    return low & 0xFFFFFFFF


ROUND = np.array([_fraction_of_root(prime, 3) for prime in _primes(64)], np.uint32)
FIRST = np.array([_fraction_of_root(prime, 2) for prime in _primes(8)], np.uint32)


@compiled
def _compress(state, words, round_constants):
    """One block for every lane: ``state`` (8, lanes) is updated from ``words`` (64, lanes), first 16 given."""
    lanes = state.shape[1]
    for t in range(16, 64):
        for k in range(lanes):
            x = words[t - 15, k]
            y = words[t - 2, k]
            s0 = ((x >> np.uint32(7)) | (x << np.uint32(25))) ^ ((x >> np.uint32(18)) | (x << np.uint32(14)))
            s1 = ((y >> np.uint32(17)) | (y << np.uint32(15))) ^ ((y >> np.uint32(19)) | (y << np.uint32(13)))
            s0 ^= x >> np.uint32(3)
            s1 ^= y >> np.uint32(10)
            words[t, k] = words[t - 16, k] + s0 + words[t - 7, k] + s1
    work = state.copy()
    for t in range(64):
        # Row i of the working state stands at (i - t) mod 8, so that nothing has to be moved.
        a, b, c, d = (0 - t) % 8, (1 - t) % 8, (2 - t) % 8, (3 - t) % 8
        e, f, g, h = (4 - t) % 8, (5 - t) % 8, (6 - t) % 8, (7 - t) % 8
        constant = round_constants[t]
        for k in range(lanes):
            x = work[e, k]
            y = work[a, k]
            s1 = ((x >> np.uint32(6)) | (x << np.uint32(26))) ^ ((x >> np.uint32(11)) | (x << np.uint32(21)))
            s1 ^= (x >> np.uint32(25)) | (x << np.uint32(7))
            s0 = ((y >> np.uint32(2)) | (y << np.uint32(30))) ^ ((y >> np.uint32(13)) | (y << np.uint32(19)))
            s0 ^= (y >> np.uint32(22)) | (y << np.uint32(10))
            chosen = (x & work[f, k]) ^ (~x & work[g, k])
            major = (y & work[b, k]) ^ (y & work[c, k]) ^ (work[b, k] & work[c, k])
            first = work[h, k] + s1 + chosen + constant + words[t, k]
            work[d, k] += first
            work[h, k] = first + s0 + major
    for i in range(8):
        for k in range(lanes):
            state[i, k] += work[i, k]


@compiled
def tickets(text, start, inner, outer, round_constants):
    """HMAC-SHA256 of messages of at most 55 bytes, as (n, 8) uint32 words.

    ``text``/``start``: the messages one after another (uint8, int64); ``inner``/``outer``: the state (8,)
    after the two padded keys.
    """
    size = len(start) - 1
    drawn = np.empty((size, 8), np.uint32)
    state = np.empty((8, 16), np.uint32)
    words = np.zeros((64, 16), np.uint32)
    for block in range(0, size, 16):
        people = min(16, size - block)
        words[:16] = 0
        for k in range(people):
            begin = start[block + k]
            length = start[block + k + 1] - begin
            for at in range(length):
                words[at >> 2, k] |= np.uint32(text[begin + at]) << np.uint32(24 - 8 * (at & 3))
            words[length >> 2, k] |= np.uint32(0x80) << np.uint32(24 - 8 * (length & 3))
            words[15, k] = np.uint32(8 * (64 + length))
        for i in range(8):
            state[i] = inner[i]
        _compress(state, words, round_constants)
        words[:8] = state
        words[8] = np.uint32(0x80000000)
        words[9:15] = 0
        words[15] = np.uint32(8 * 96)
        for i in range(8):
            state[i] = outer[i]
        _compress(state, words, round_constants)
        for k in range(people):
            for i in range(8):
                drawn[block + k, i] = state[i, k]
    return drawn


@compiled
def key_state(block, first, round_constants):
    """The state after one 64-byte block (uint8), as (8,) uint32."""
    state = np.empty((8, 1), np.uint32)
    state[:, 0] = first
    words = np.zeros((64, 1), np.uint32)
    for at in range(64):
        words[at >> 2, 0] |= np.uint32(block[at]) << np.uint32(24 - 8 * (at & 3))
    _compress(state, words, round_constants)
    return state[:, 0].copy()
