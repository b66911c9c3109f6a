"""Compiled loops that read and write large questions; they decide nothing."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from cauce_engine.compilation import compiled


@compiled
def first_repeated(counts, choices, posts):
    """Index of the first wish that repeats an earlier one of its list; -1 where none does."""
    seen = np.full(posts, -1, np.int32)
    wish = 0
    for person in range(len(counts)):
        for _ in range(counts[person]):
            if seen[choices[wish]] == person:
                return wish
            seen[choices[wish]] = person
            wish += 1
    return -1


@compiled
def reordered(start, choices, order, moved):
    """Rows of a ragged array in another order; ``moved``: where each new row starts."""
    target = np.empty(len(choices), choices.dtype)
    for row in range(len(order)):
        begin = start[order[row]]
        for offset in range(moved[row + 1] - moved[row]):
            target[moved[row] + offset] = choices[begin + offset]
    return target


@compiled
def joined(tokens, token_start, sequence):
    """Concatenate tokens: ``tokens`` (uint8) holds them one after another, ``sequence`` (int32) says which."""
    total = 0
    for token in sequence:
        total += token_start[token + 1] - token_start[token]
    text = np.empty(total, np.uint8)
    at = 0
    for token in sequence:
        for source in range(token_start[token], token_start[token + 1]):
            text[at] = tokens[source]
            at += 1
    return text


@compiled
def interleaved(start, choices, heads, tails, comma):
    """Token numbers of all applicants: a head, the wishes with commas between them, a tail.

    The token of post p is p; ``heads``/``tails`` (int32) give the tokens around each list.
    """
    size = len(start) - 1
    people = 0
    for person in range(size):
        people += 2 + max(0, 2 * (start[person + 1] - start[person]) - 1)
    sequence = np.empty(people, np.int32)
    at = 0
    for person in range(size):
        sequence[at] = heads[person]
        at += 1
        for wish in range(start[person], start[person + 1]):
            if wish > start[person]:
                sequence[at] = comma
                at += 1
            sequence[at] = choices[wish]
            at += 1
        sequence[at] = tails[person]
        at += 1
    return sequence
