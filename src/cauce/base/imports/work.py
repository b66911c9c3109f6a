"""What the worker does with a file that was brought: reads it dry; once confirmed, reads it again and loads it whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cauce.base import background, clock
from cauce.base.actors import Actor
from cauce.base.errors import DomainError
from cauce.base.imports.files import brought, give_back, keep_reading
from cauce.base.imports.sheet import Sheet, Told
from cauce.base.models import Import

R = TypeVar("R")
_ACTOR = Actor.system("import")


@dataclass(frozen=True, slots=True)
class Work(Generic[R]):
    """What tells the work on one kind of file from the others.

    ``read`` reads the bytes of a file dry; ``load`` writes what came of that with the app's use case, and returns
    ``None`` when there is no longer anything to write it to. ``changed`` are sentence and remedy for a file that
    could be loaded when it was shown and no longer can.
    """

    read: Callable[[Import, bytes, Told], tuple[Sheet, R]]
    load: Callable[..., Import | None]
    changed: Callable[[], tuple[str, str]]

    def read_file(self, context: Any, import_id: int) -> None:
        """Read a file and keep what was found; again after a death, from its start. One let go of is left alone."""
        if found := brought(import_id):
            taken, data = found
            sheet, _rest = self.read(taken, data, _teller(context.task_result.id, "read"))
            keep_reading(actor=_ACTOR, taken=taken, sheet=sheet, now=clock.read())

    def load_file(self, context: Any, import_id: int) -> None:
        """Read a confirmed file again and load it whole; what forbids it goes back to its page as a finding."""
        if not (found := brought(import_id)):
            return
        taken, data = found
        sheet, rest = self.read(taken, data, _teller(context.task_result.id, "load"))
        sentence, remedy = self.changed()
        if sheet.may_load:
            try:
                if self.load(taken, rest, actor=_ACTOR, now=clock.read()) is not None:
                    return
            except DomainError as error:
                sentence, remedy = error.message, error.remedy
        give_back(actor=_ACTOR, taken=taken, sentence=sentence, remedy=remedy, now=clock.read())


def _teller(task_id: Any, stage: str) -> Told:
    """Return what writes down, where the page reads it, how near a task is to its end; every hundredth once."""
    last = [-1]

    def told(near: float) -> None:
        done = int(near * 100)
        if done != last[0]:
            last[0] = done
            background.report(task_id, stage=stage, done=done, total=100)

    return told
