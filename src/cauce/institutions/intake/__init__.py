"""Files that the catalogues are made of: those of the package, and the national catalogue of units that people bring."""

from cauce.institutions.intake.catalogue import (
    FILES,
    Catalogue,
    CatalogueRefused,
    digest_of,
    is_loaded,
    read_catalogue,
    texts_of,
)
from cauce.institutions.intake.clues import MOST_ROWS, SOURCE, Unit, columns, read_clues

__all__ = [
    "FILES",
    "MOST_ROWS",
    "SOURCE",
    "Catalogue",
    "CatalogueRefused",
    "Unit",
    "columns",
    "digest_of",
    "is_loaded",
    "read_catalogue",
    "read_clues",
    "texts_of",
]
