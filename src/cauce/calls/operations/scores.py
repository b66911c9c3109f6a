"""Scores that the institution loads: only when two independent files say the same."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.usecases import note, use_case
from cauce.calls.models import Application, Call
from cauce.calls.rules import may_load
from cauce.calls.rules.scores import Scores, ScoresDiffer, anomalies, differences


@use_case
def load_scores(
    *, actor: Actor, call: Call, a: Scores, b: Scores, digests: tuple[str, str], now: datetime
) -> Call:
    """Keep the scores of both files in the applications, all or none; the same again changes nothing.

    ``digests`` are the SHA-256 of the two files. Raises ``Denied``, and ``ScoresDiffer`` when the files differ
    anywhere, when they are the same bytes, or when they leave out somebody who already has a score.
    """
    call = Call.objects.select_for_update().get(pk=call.pk)
    if not actor.is_system:
        may_load(actor, call).enforce()
    loaded = [each for each in call.score_criteria if not each.get("declared")]
    found = differences([str(each["label"]) for each in loaded], a, b)
    if found:
        facts = {"count": figures.number(len(found))}
        raise ScoresDiffer(
            _("Los dos archivos difieren en %(count)s valores: no se cargó ninguno.") % facts,
            _("Corregir el que esté mal, con quien lo hizo, y subir los dos otra vez."),
            differences=found,
        )
    if digests[0] == digests[1]:
        raise ScoresDiffer(
            _("Los dos archivos son el mismo: no comprueban nada."),
            _("Subir el acta de la otra fuente, no una copia."),
        )
    source = _("Dos archivos que coinciden: %(a)s y %(b)s") % {"a": digests[0][:12], "b": digests[1][:12]}
    changed = []
    for application in call.applications.select_for_update().order_by("pk"):
        scored = a.get(application.folio)
        if scored is None:
            continue
        values = iter(scored.values)
        kept = [*application.merit, *[""] * (len(call.score_criteria) - len(application.merit))]
        merit = [
            value if each.get("declared") else next(values)
            for each, value in zip(call.score_criteria, kept, strict=True)
        ]
        if merit != application.merit:
            application.merit, application.merit_source = merit, source
            changed.append(application)
    Application.objects.bulk_update(changed, ["merit", "merit_source"], batch_size=500)
    note(
        a=digests[0], b=digests[1], rows=len(a), changed=len(changed),
        reviews=[each.folio for each in anomalies(loaded, a)][:500],
    )  # fmt: skip
    return call
