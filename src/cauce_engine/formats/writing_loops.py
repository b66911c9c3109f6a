"""Compiled loops that write the canonical form of large questions; they decide nothing.

Texts come as ``text`` (uint8, one after another, 16 bytes to spare) and ``start`` (where each begins); ``out``
has room for the longest row and 16 bytes to spare, since short texts are copied 16 bytes at a time. Indices
are unsigned, which spares a test for negative ones at every byte.
"""

# mypy: disable-error-code="no-untyped-def,arg-type"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled, copy16

_ONE = np.uint64(1)
_SHORT = np.uint64(16)


@compiled
def listed(items, first, last, text, start, out, at):
    """Write the texts of ``items[first:last]`` from ``out[at]`` on; where the next one goes."""
    at = np.uint64(at)
    k = np.uint64(first)
    while k < np.uint64(last):
        item = np.uint64(items[k])
        begin = np.uint64(start[item])
        length = np.uint64(start[item + _ONE]) - begin
        if length <= _SHORT:
            copy16(out, at, text, begin)
        else:
            for byte in range(length):
                out[at + np.uint64(byte)] = text[begin + np.uint64(byte)]
        at += length
        k += _ONE
    return at


@compiled
def people(first, last, begins, choices, text, start, opening, tails, out):
    """Write applicants ``first`` to ``last`` as JSON objects, each with a comma after it; returns the length.

    Text p is the quoted identifier of post p and a comma; text ``opening`` begins an applicant, and the texts
    ``tails[i]`` (negative: none) follow the list of person i.
    """
    at = np.uint64(0)
    row = np.empty(tails.shape[1] + 1, np.int64)
    row[0] = opening
    for person in range(first, last):
        at = listed(row, 0, 1, text, start, out, at)
        at = listed(choices, begins[person], begins[person + 1], text, start, out, at)
        if begins[person + 1] > begins[person]:
            at -= _ONE
        size = 1
        for k in range(tails.shape[1]):
            if tails[person, k] >= 0:
                row[size] = tails[person, k]
                size += 1
        at = listed(row, 1, size, text, start, out, at)
    return at
