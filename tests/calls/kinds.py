"""A closed call with a panel criterion, three panellists and two applicants; small, for several files of tests."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from cauce.accounts.models import Membership
from cauce.accounts.queries import actor_for
from cauce.accounts.roles import Role
from cauce.calls import operations
from cauce.calls.models import Choice, Interview
from cauce.calls.rules.panels import Asked, Level, Rubric
from tests.accounts import factories as accounts
from tests.calls import factories as make
from tests.calls.drafts import officer

EXAM = {**make.SCORE, "key": "exam", "label": "Examen"}
TALK = {
    "key": "talk", "label": "Entrevista", "decimals": 2, "minimum": "0", "maximum": "100", "declared": False,
    "source": "panel",
}  # fmt: skip
LEVELS = (Level(0, "No lo muestra"), Level(2, "Lo muestra a medias"), Level(4, "Lo muestra con hechos"))
RUBRIC = Rubric(
    (Asked("c1", "Dirige equipos", 3, LEVELS), Asked("c2", "Conoce la zona", 1, LEVELS)),
    "median",
    3,
    "30",
    "lowest",
)
AFTER = make.CLOSES + timedelta(days=1)
HELD = AFTER + timedelta(days=1)


def panellist(name):
    user = accounts.make_user(office_name=name)
    Membership.objects.create(user=user, role=Role.PANELLIST, institution_id=make.institution().pk)
    return user


def applicant(call, given="Mariana", *, post=None, **values):
    user = make.user(given)
    values = {"merit": ["80.000", ""], "state": "submitted", "submitted_at": make.CLOSES, **values}
    one = make.application(call, user.person, **values)
    if post is not None:
        Choice.objects.create(application=one, post=post, rank=1)
    return one


def world(**values):
    """``one`` and ``two`` have appointments with a panel of three; the first's begins at ``HELD``."""
    criteria = values.pop("score_criteria", [EXAM, TALK])
    rubric = values.pop("rubric", RUBRIC)
    call = make.call(score_criteria=criteria, rubric=rubric.document(), kind="teams", **values)
    manager = officer()
    judges = [panellist(f"Jurado {at}") for at in range(3)]
    one, two = applicant(call, "Ana"), applicant(call, "Beto")
    panel = operations.save_panel(
        actor=manager, call=call, name="Jurado Sur", users=[one.pk for one in judges], now=AFTER
    )
    operations.schedule(
        actor=manager,
        panel=panel,
        starts_at=HELD,
        minutes=30,
        count=5,
        is_remote=False,
        place="Sala 2",
        now=AFTER,
    )
    interview = Interview.objects.get(application=one)
    return SimpleNamespace(
        call=call, manager=manager, judges=[actor_for(one) for one in judges], one=one, two=two, panel=panel,
        interview=interview, late=HELD + timedelta(minutes=31),
    )  # fmt: skip


def seal(judge, interview, dirige, conoce, *, now, seal=True):
    return operations.save_sheet(
        actor=judge, interview=interview, levels={"c1": dirige, "c2": conoce}, remark="Dio dos ejemplos.", seal=seal,
        now=now,
    )  # fmt: skip
