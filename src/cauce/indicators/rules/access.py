"""Who may ask for what."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict


def may_replay(actor: Actor) -> Verdict:
    """Whether the actor may have the replay computed here: minutes of a processor."""
    if actor.is_system or actor.has_desk:
        return ALLOWED
    return Verdict(
        False, _("Repetirla aquí toca a quien tiene un cargo; cualquiera puede hacerlo con la orden.")
    )
