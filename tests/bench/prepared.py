"""Bring a filled demo to the state that the bench of pages needs; print what it needs to know as one line of JSON."""

from __future__ import annotations

import json

import django


def main() -> None:
    django.setup()
    from cauce.accounts.models import User
    from cauce.accounts.queries import actor_for
    from cauce.allocation import operations, queries
    from cauce.allocation.models import Run
    from cauce.base import clock
    from cauce.calls.models import Call

    actors = {
        name: actor_for(User.objects.get(email=f"{name}@demo.cauce.example"))
        for name in ("ofelia", "sofia", "pilar")
    }
    call = Call.objects.get(code="RM24")
    run = operations.request_run(actor=actors["ofelia"], call=call, after=0, now=clock.read())
    operations.execute(run_id=run.pk, task_id=run.task_id, read_clock=clock.read)
    run = Run.objects.get(pk=run.pk)
    operations.privacy.decide_package(
        actor=actors.pop("pilar"), run=run, exposure=queries.exposure_of(run),
        treatment="publish", grounds="Se publica para medir las páginas.", now=clock.read(),
    )  # fmt: skip
    for actor in actors.values():
        operations.sign(actor=actor, run=run, digest=run.answer_digest, now=clock.read())
    operations.publish(
        actor=actors["ofelia"], run=run, reason="Se publica para medir las páginas.", now=clock.read()
    )
    placed = run.placements.filter(post__isnull=False).select_related("application").order_by("place")[1000]
    print(json.dumps({"folio": placed.application.folio, "people": list(_signed_in())}))


def _signed_in():
    """Applicants of the open drive with a list of some length, each with a session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from cauce.accounts.models import User
    from cauce.base import clock
    from cauce.calls.models import Application

    found = Application.objects.filter(call__code="JR24", state="submitted", version__gt=0).order_by("pk")
    long_lists = (one for one in found if one.choices.count() >= 6)
    for application, _number in zip(long_lists, range(8), strict=False):
        user, _made = User.objects.get_or_create(
            person=application.person,
            defaults={"email": f"bench{application.pk}@ejemplo.mx", "joined_at": clock.read()},
        )
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        yield {
            "folio": application.folio,
            "version": application.version,
            "posts": list(application.choices.order_by("rank").values_list("post_id", flat=True)),
            "session": session.session_key,
        }


if __name__ == "__main__":
    main()
