"""A frozen question solved again without some of its tie-breaks."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import cauce_engine as engine
from cauce.allocation.bridge.runs import CannotAsk, NotCertified
from cauce.allocation.rules.sensitivity import Answered


def answered_without(
    question_data: bytes, answer_digest: str, left_out: Sequence[Sequence[int]]
) -> Iterator[Answered]:
    """Yield the answer that was kept, then that of the same question without each set of elements of its merit.

    ``question_data`` is as stored; ``answer_digest`` must be that of its
    answer, and every answer is certified like any. Raises ``CannotAsk`` for a
    question whose answer is another, ``NotCertified`` when a check fails.
    """
    try:
        question = engine.read_question(zlib.decompress(question_data))
        kept = engine.allocate(question)
        if "sha256:" + hashlib.sha256(kept.to_bytes()).hexdigest() != answer_digest:
            raise CannotAsk(
                "la respuesta guardada no es la que da su pregunta",
                "the stored answer is not that of its question",
            )
        yield _columns(kept)
        for gone in left_out:
            merit = tuple(column for at, column in enumerate(question.merit) if at not in gone)
            yield _columns(engine.allocate(replace(question, merit=merit)))
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    except engine.Uncertified as error:
        raise NotCertified(error.check.to_document()) from error


def _columns(answer: engine.Allocation) -> Answered:
    question, last = answer.question, [] if answer.last is None else answer.last.tolist()
    lines = [tuple(last[start:end]) for start, end in pairwise(question.lines.start.tolist())]
    return Answered(engine.ordering(question).place.tolist(), answer.post.tolist(), lines)
