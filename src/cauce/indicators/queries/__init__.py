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
    "document",
    "figures_page",
    "published_figure",
    "published_figures",
    "table",
]
