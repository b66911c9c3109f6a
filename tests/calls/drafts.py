"""Drafts and offices for the tests of the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cauce.accounts.models import Membership, User
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from cauce.calls.models import Call
from cauce.calls.rules.lottery import Source, Witness, seal_of
from tests.calls import factories

BEFORE_OPENING = datetime(2024, 1, 20, 18, tzinfo=UTC)
LONG_TEXT = (
    "Participan especialistas con título y cédula. El orden lo da la calificación de egreso, de mayor a menor; "
    "los empates se resuelven por sorteo, sellado antes del cierre. Cada quien ordena las plazas que quiera de su "
    "especialidad. Los resultados se publican por folio en este sitio. Quien no esté conforme lo dice por escrito "
    "en los cinco días hábiles siguientes, y se le contesta con sus razones. El contrato empieza en marzo."
)

SOURCE = Source(
    kind="value", words="Los seis números del sorteo", where="Lotería Nacional",
    known_at=factories.CLOSES + timedelta(days=5), fallback_hours=10,
    witnesses=tuple(Witness(f"Testigo {n}", "Archivo", seal_of(f"secreto {n}")) for n in (1, 2, 3)),
)  # fmt: skip


def draft(code: str | None = None, *, posts: int = 2, **values) -> Call:
    """A draft that nothing is wrong with, of IMSSB, with ``posts`` posts at different sites."""
    defaults = {
        "state": "draft",
        "rules_digest": "",
        "published_at": None,
        "rules_text": LONG_TEXT,
        "lottery_seed": "5e" * 32,
        "lottery_source": SOURCE.document(),
    }
    call = factories.call(code, **{**defaults, **values})
    for _number in range(posts):
        factories.post(call)
    return call


def officer(role: str = "call_manager", at: str | None = "IMSSB", name: str = "Carla") -> Actor:
    """Somebody who holds ``role`` at the institution with code ``at``, or everywhere."""
    return actor_for(office(role, at, name))


def office(role: str = "call_manager", at: str | None = "IMSSB", name: str = "Carla") -> User:
    user, created = User.objects.get_or_create(
        email=f"{name.lower()}@cauce.example", defaults={"office_name": name, "joined_at": factories.OPENS}
    )
    if created:
        where = factories.institution(at).pk if at else None
        Membership.objects.create(user=user, role=role, institution_id=where)
    return user
