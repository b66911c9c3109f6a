"""Files about calls: posts, applications on paper and scores that people bring, and our catalogue of requirements."""

from cauce.calls.intake.answers import columns as answer_columns
from cauce.calls.intake.answers import read_answers
from cauce.calls.intake.applicants import columns as applicant_columns
from cauce.calls.intake.applicants import read_applicants
from cauce.calls.intake.nominations import nomination_columns, read_nominations
from cauce.calls.intake.posts import COLUMNS, MOST_ROWS, columns, read_posts, seen_of
from cauce.calls.intake.requirements import requirement_catalogue, requirements_for
from cauce.calls.intake.scores import Pair, Scores, read_pair, read_scores
from cauce.calls.intake.scores import columns as score_columns

__all__ = [
    "COLUMNS",
    "MOST_ROWS",
    "Pair",
    "Scores",
    "answer_columns",
    "applicant_columns",
    "columns",
    "nomination_columns",
    "read_answers",
    "read_applicants",
    "read_nominations",
    "read_pair",
    "read_posts",
    "read_scores",
    "requirement_catalogue",
    "requirements_for",
    "score_columns",
    "seen_of",
]
