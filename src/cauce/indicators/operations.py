"""Loading the figures that others published."""

from __future__ import annotations

from datetime import datetime

from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.indicators import intake
from cauce.indicators.models import PublishedFigure

FiguresRefused = intake.FiguresRefused


@use_case
def load_figures(*, actor: Actor, now: datetime, text: str | None = None) -> PublishedFigure:
    """Make the published figures equal to their catalogue; return the first.

    Figures that left the catalogue are removed. Loading it again changes
    nothing. ``text`` replaces the file. Raises ``FiguresRefused``; then
    nothing is saved.
    """
    entries = intake.read_figures(intake.FILE.read_text(encoding="utf-8") if text is None else text)
    present = {figure.code: figure for figure in PublishedFigure.objects.select_for_update()}
    added = changed = 0
    for entry in entries:
        figure = present.pop(entry["code"], None)
        if figure is None:
            PublishedFigure.objects.create(**entry)
            added += 1
        elif any(getattr(figure, name) != value for name, value in entry.items()):
            for name, value in entry.items():
                setattr(figure, name, value)
            figure.save()
            changed += 1
    removed, _by_model = PublishedFigure.objects.filter(code__in=present).delete()
    note(added=added, changed=changed, removed=removed)
    return PublishedFigure.objects.get(code=entries[0]["code"])


def figures_are_loaded() -> bool:
    """Whether the rows are those of the catalogue's file. One query."""
    wanted = {entry["code"]: entry for entry in intake.read_figures(intake.FILE.read_text(encoding="utf-8"))}
    rows = {row["code"]: row for row in PublishedFigure.objects.values(*next(iter(wanted.values())))}
    return rows == wanted
