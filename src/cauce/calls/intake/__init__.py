"""Files about calls that people bring: tables of posts, and scores from two independent sources."""

from cauce.calls.intake.posts import COLUMNS, MOST_ROWS, columns, read_posts, seen_of
from cauce.calls.intake.scores import Scores, read_scores

__all__ = [
    "COLUMNS",
    "MOST_ROWS",
    "Scores",
    "columns",
    "read_posts",
    "read_scores",
    "seen_of",
]
