"""Compiled loops that write the canonical form of large questions; they decide nothing.

Texts come as ``text`` (uint8, one after another) and ``start`` (where each begins); ``out`` has room for the
longest row and 16 bytes to spare, since short texts are copied 16 bytes at a time.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from cauce_engine.compilation import compiled


@compiled
def _put(out, at, text, begin, end):
    if end - begin <= 16 and begin + 16 <= len(text):
        for k in range(16):
            out[at + k] = text[begin + k]
    else:
        for k in range(end - begin):
            out[at + k] = text[begin + k]
    return at + end - begin


@compiled
def listed(items, first, last, text, start, out, at):
    """Write the texts of ``items[first:last]``, each with the comma that it ends in but the last; new ``at``."""
    for k in range(first, last):
        item = items[k]
        at = _put(out, at, text, start[item], start[item + 1])
    return at - 1 if last > first else at


@compiled
def people(
    first,
    last,
    begins,
    choices,
    posts,
    post_start,
    names,
    name_start,
    pieces,
    piece_start,
    groups,
    merit,
    out,
):
    """Write applicants ``first`` to ``last`` as JSON objects, each with a comma after it; returns the length.

    ``posts``: quoted identifiers with a comma; ``names``: identifiers as they stand between quotes;
    ``pieces``: all other texts. Piece 0 opens an applicant, 1 leads to the identifier, 2 ends it, 3 closes
    the applicant. ``groups`` (by person, or empty) and ``merit`` (elements, people) index pieces; -1: nothing.
    """
    at = 0
    for person in range(first, last):
        at = _put(out, at, pieces, piece_start[0], piece_start[1])
        at = listed(choices, begins[person], begins[person + 1], posts, post_start, out, at)
        out[at] = 93
        at += 1
        if len(groups) and groups[person] >= 0:
            at = _put(out, at, pieces, piece_start[groups[person]], piece_start[groups[person] + 1])
        at = _put(out, at, pieces, piece_start[1], piece_start[2])
        at = _put(out, at, names, name_start[person], name_start[person + 1])
        at = _put(out, at, pieces, piece_start[2], piece_start[3])
        for element in range(merit.shape[0]):
            piece = merit[element, person]
            if piece >= 0:
                at = _put(out, at, pieces, piece_start[piece], piece_start[piece + 1])
        at = _put(out, at, pieces, piece_start[3], piece_start[4])
    return at
