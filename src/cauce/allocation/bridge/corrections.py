"""From a published run and upheld claims to the corrected question, and the proof of who stays where they are."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cauce_engine as engine
from cauce.allocation.bridge.runs import COMPRESSION, CannotAsk, Frozen, NotCertified, digest_of
from cauce.calls.rules.design import Design

SHOWN_SENTENCES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a correction did: the corrected question, and what it proves.

    ``proof`` holds counts and sentences in both languages; ``files`` go into
    the package, so that anybody can verify the correction against the answer before it.
    """

    frozen: Frozen
    proof: dict[str, Any]
    files: Mapping[str, bytes]


def correction_outcome(
    question_data: bytes, answer_digest: str, events: Sequence[Mapping[str, Any]], *, design: Design
) -> Outcome:
    """Work upheld claims into a published answer: each person just ahead of the first they overtake.

    Only the part of the market that the claims reach is run again; separate
    code checks it, and that it is the answer of the corrected question solved
    from the beginning. Raises ``CannotAsk`` for claims that contradict
    themselves or another answer, ``NotCertified`` when a check fails.
    """
    try:
        question = engine.parse_question(json.loads(zlib.decompress(question_data)))
        answer = engine.allocate(question)
        if digest_of(zlib.compress(answer.to_bytes(), COMPRESSION)) != answer_digest:
            raise CannotAsk(
                "la respuesta publicada no es la que da su pregunta",
                "the published answer is not that of its question",
            )
        outcome = engine.correct(engine.correction_of(question, answer, list(events), effect="rerun"))
    except engine.InvalidQuestion as error:
        raise CannotAsk.by(error) from error
    except engine.Uncertified as error:
        raise NotCertified(error.check.to_document()) from error
    canonical = outcome.question.canonical()
    data = zlib.compress(canonical, COMPRESSION)
    changes = outcome.changes
    gaining = sum(change.gains for change in changes)
    proof = {
        "changes": len(changes),
        "gaining": gaining,
        "losing": len(changes) - gaining,
        "unaffected": len(outcome.post) - len(changes),
        "because": outcome.unaffected,
        "checks": [check.name for check in outcome.checks],
        "why": [[one.applicant, one.sentence("es"), one.sentence("en")] for one in changes[:SHOWN_SENTENCES]],
        "digest": outcome.correction.digest,
    }
    document = json.dumps(
        outcome.correction.to_document(), ensure_ascii=False, separators=(",", ":")
    ).encode()
    files = {"correction.json": document, "corrected.json": outcome.to_bytes()}
    return Outcome(Frozen(outcome.question, data, digest_of(data), design), proof, files)
