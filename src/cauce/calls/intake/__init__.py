"""Files about calls that people bring: tables of posts, and scores from two independent sources."""

from cauce.calls.intake.posts import (
    COLUMNS,
    MOST_OCTETS,
    MOST_PROBLEMS,
    MOST_ROWS,
    Problem,
    Reading,
    read_posts,
)
from cauce.calls.intake.scores import Scores, read_scores

__all__ = [
    "COLUMNS",
    "MOST_OCTETS",
    "MOST_PROBLEMS",
    "MOST_ROWS",
    "Problem",
    "Reading",
    "Scores",
    "read_posts",
    "read_scores",
]
