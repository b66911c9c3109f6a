"""What every importer shares: columns that say how they are read, findings by row and column, a file's way in.

A file is received, read by a task (nothing is written but the report), shown, confirmed, loaded by a task, all or
nothing, and forgotten. Whoever may do it is for the apps to say: here are only steps.
"""

from cauce.base.imports.files import (
    ImportRefused,
    brought,
    confirm,
    finish,
    forget,
    give_back,
    keep_reading,
    newest,
    pending,
    receive,
)
from cauce.base.imports.page import SHOWN, ImportPage, import_page
from cauce.base.imports.sheet import (
    MOST_FINDINGS,
    Bad,
    Column,
    Doubtful,
    Finding,
    Record,
    Report,
    Sheet,
    Told,
    read_sheet,
    repeated,
)
from cauce.base.imports.work import Work
from cauce.base.imports.workbook import WHOLE_REPORT, workbook

__all__ = [
    "MOST_FINDINGS",
    "SHOWN",
    "WHOLE_REPORT",
    "Bad",
    "Column",
    "Doubtful",
    "Finding",
    "ImportPage",
    "ImportRefused",
    "Record",
    "Report",
    "Sheet",
    "Told",
    "Work",
    "brought",
    "confirm",
    "finish",
    "forget",
    "give_back",
    "import_page",
    "keep_reading",
    "newest",
    "pending",
    "read_sheet",
    "receive",
    "repeated",
    "workbook",
]
