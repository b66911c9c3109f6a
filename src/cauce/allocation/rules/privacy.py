"""Who reviews a package before it is public, and what stands in the way of making it so. No queries, no clock."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from cauce.accounts import roles
from cauce.allocation.models import PrivacyReview, Run, RunState, Treatment
from cauce.allocation.rules.runs import is_whole
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict

FEWEST_LETTERS, MOST_LETTERS = 20, 2000


def cleared(run: Run, reviews: Iterable[PrivacyReview]) -> Verdict:
    """Whether the package of ``run`` may become public: it was reviewed, these very bytes, and the newest word is yes.

    What is public already needs no further word. ``reviews`` are those of the run, oldest first.
    """
    if run.state in (RunState.PUBLISHED, RunState.SUPERSEDED):
        return ALLOWED
    newest = next((one for one in reversed(list(reviews)) if one.package_digest == run.package_digest), None)
    if newest is None:
        return Verdict(
            False,
            _("Falta la revisión de datos personales del paquete."),
            _("La hace la unidad de datos personales, que ya tiene o recibirá el aviso."),
        )
    if newest.treatment == Treatment.HOLD:
        return Verdict(
            False,
            _("La unidad de datos personales decidió que este paquete no se publique así."),
            _("Leer su motivo en la revisión del paquete y resolverlo con ella."),
        )
    return ALLOWED


def may_decide(actor: Actor, run: Run, reviews: Iterable[PrivacyReview]) -> Verdict:
    """Whether ``actor`` may say whether the package of ``run`` becomes public. A yes stands; a no may still become one."""
    if actor.user_id is None or not actor.holds(roles.PACKAGE_REVIEW, run.call.institution_id):
        return Verdict(False, _("Decidir sobre el paquete toca a la unidad de datos personales."))
    if run.state in (RunState.PUBLISHED, RunState.SUPERSEDED):
        return Verdict(False, _("El paquete ya es público."))
    if run.state != RunState.CERTIFIED or not is_whole(run):
        return Verdict(False, _("Solo se revisa el paquete de una corrida certificada."))
    return ALLOWED.unless(
        bool(cleared(run, reviews)), _("Ya se decidió publicarlo; la decisión vale para estos bytes.")
    )
