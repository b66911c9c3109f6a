"""Allocation of people to posts: certified, explained, repeatable.

The names below are the whole public interface. Importing them loads NumPy; the compiler is loaded only when a
question is solved.
"""

from __future__ import annotations

from cauce_engine.after.correcting import Change, Corrected, compare, correct
from cauce_engine.after.corrections import Correction, InvalidCorrection, OtherAnswer, answer_digest
from cauce_engine.after.documents import correction_of, parse_correction
from cauce_engine.after.swap_rounds import SwapRound, parse_swap, swap_round
from cauce_engine.after.swaps import Swapped, swap
from cauce_engine.allocation import Uncertified, allocate
from cauce_engine.certify import certify
from cauce_engine.explain import Explanation, Explanations, explain, explain_all
from cauce_engine.faults import InvalidAnswer, InvalidQuestion, Unsupported
from cauce_engine.formats.documents import parse_question, read_question
from cauce_engine.lottery import Lottery, commitment_of
from cauce_engine.order import Ordering, ordering
from cauce_engine.package import Report, build_package, verify_package
from cauce_engine.problems import Question
from cauce_engine.results import Allocation, Check, Dropped
from cauce_engine.version import __version__

__all__ = [
    "Allocation",
    "Change",
    "Check",
    "Corrected",
    "Correction",
    "Dropped",
    "Explanation",
    "Explanations",
    "InvalidAnswer",
    "InvalidCorrection",
    "InvalidQuestion",
    "Lottery",
    "Ordering",
    "OtherAnswer",
    "Question",
    "Report",
    "SwapRound",
    "Swapped",
    "Uncertified",
    "Unsupported",
    "__version__",
    "allocate",
    "answer_digest",
    "build_package",
    "certify",
    "commitment_of",
    "compare",
    "correct",
    "correction_of",
    "explain",
    "explain_all",
    "ordering",
    "parse_correction",
    "parse_question",
    "parse_swap",
    "read_question",
    "swap",
    "swap_round",
    "verify_package",
]
