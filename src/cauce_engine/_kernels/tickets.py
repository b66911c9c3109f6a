"""SHA-256 (FIPS 180-4) over many short messages at once, for the lottery of a large call."""

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


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
def _compress(state, words, work, round_constants):
    """One block for every lane: ``state`` (8, lanes) is updated from ``words`` (64, lanes), first 16 given.

    ``work`` (8, lanes) is room to work in.
    """
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
    for i in range(8):
        for k in range(lanes):
            work[i, k] = state[i, k]
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
def tickets(text, start, people, inner, outer, round_constants, drawn):
    """The first 64 bits of the HMAC-SHA256 of the identifiers of ``people``, each of at most 55 bytes.

    ``text``/``start``: all identifiers one after another (uint8, int64); ``inner``/``outer``: the state (8,)
    after the two padded keys. Written into ``drawn`` (uint64), parallel to ``people``.
    """
    size = len(people)
    state = np.empty((8, 16), np.uint32)
    work = np.empty((8, 16), np.uint32)
    words = np.empty((64, 16), np.uint32)
    for block in range(0, size, 16):
        lanes = min(16, size - block)
        for i in range(16):
            for k in range(16):
                words[i, k] = 0
        for k in range(lanes):
            begin = start[people[block + k]]
            length = start[people[block + k] + 1] - begin
            for at in range(length):
                words[at >> 2, k] |= np.uint32(text[begin + at]) << np.uint32(24 - 8 * (at & 3))
            words[length >> 2, k] |= np.uint32(0x80) << np.uint32(24 - 8 * (length & 3))
            words[15, k] = 8 * (64 + length)
        for i in range(8):
            for k in range(16):
                state[i, k] = inner[i]
        _compress(state, words, work, round_constants)
        for i in range(8):
            for k in range(16):
                words[i, k] = state[i, k]
                words[i + 8, k] = 0
                state[i, k] = outer[i]
        for k in range(16):
            words[8, k] = 0x80000000
            words[15, k] = 8 * 96
        _compress(state, words, work, round_constants)
        for k in range(lanes):
            drawn[block + k] = (np.uint64(state[0, k]) << np.uint64(32)) | np.uint64(state[1, k])


def key_state(block: bytes) -> np.ndarray:
    """The state after one block of 64 bytes, as (8,) uint32: once for each half of a key, so not compiled."""
    words = [int.from_bytes(block[at : at + 4], "big") for at in range(0, 64, 4)]
    for t in range(16, 64):
        x, y = words[t - 15], words[t - 2]
        s0 = _turned(x, 7) ^ _turned(x, 18) ^ (x >> 3)
        s1 = _turned(y, 17) ^ _turned(y, 19) ^ (y >> 10)
        words.append((words[t - 16] + s0 + words[t - 7] + s1) & 0xFFFFFFFF)
    first = FIRST.tolist()
    a, b, c, d, e, f, g, h = first
    for word, constant in zip(words, ROUND.tolist(), strict=True):
        s1 = _turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)
        s0 = _turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)
        one = h + s1 + ((e & f) ^ (~e & g)) + constant + word
        two = s0 + ((a & b) ^ (a & c) ^ (b & c))
        a, b, c, d, e, f, g, h = (one + two) & 0xFFFFFFFF, a, b, c, (d + one) & 0xFFFFFFFF, e, f, g
    return np.array(
        [(x + y) & 0xFFFFFFFF for x, y in zip(first, (a, b, c, d, e, f, g, h), strict=True)], np.uint32
    )


def _turned(word: int, by: int) -> int:
    return (word >> by | word << (32 - by)) & 0xFFFFFFFF
