"""What pages of figures and of the replay read."""

from cauce.indicators.queries.figures import (
    DICTIONARY,
    FORMAT,
    GROUPS,
    LIVE,
    LIVE_BY_CODE,
    Definition,
    DictionaryField,
    FiguresPage,
    Live,
    Published,
    document,
    figures_page,
    published_figure,
    published_figures,
    table,
)
from cauce.indicators.queries.replay import ReplayPage, ready_document, replay_page, results_table

__all__ = [
    "DICTIONARY",
    "FORMAT",
    "GROUPS",
    "LIVE",
    "LIVE_BY_CODE",
    "Definition",
    "DictionaryField",
    "FiguresPage",
    "Live",
    "Published",
    "ReplayPage",
    "document",
    "figures_page",
    "published_figure",
    "published_figures",
    "ready_document",
    "replay_page",
    "results_table",
    "table",
]
