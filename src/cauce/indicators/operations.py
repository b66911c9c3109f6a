"""Loading the figures that others published."""

from __future__ import annotations

from datetime import datetime

from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.indicators import intake
from cauce.indicators.models import PublishedFigure

# For the apps above, which may not reach intake.
FiguresRefused = intake.FiguresRefused
figures_are_loaded = intake.is_loaded


@use_case
def load_figures(*, actor: Actor, now: datetime, text: str | None = None) -> PublishedFigure:
    """Make the published figures equal to their catalogue; return the first.

    Figures that left the catalogue are removed. Loading it again changes
    nothing. ``text`` replaces the file. Raises ``FiguresRefused``; then
    nothing is saved.
    """
    entries = intake.read_figures(intake.catalogue_text() if text is None else text)
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
