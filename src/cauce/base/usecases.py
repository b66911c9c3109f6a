"""The boundary every write crosses: one transaction, one audit event."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction

from cauce.base.actors import Actor
from cauce.base.models import AuditEvent

P = ParamSpec("P")
R = TypeVar("R")

_BATCH = 2000
_detail: ContextVar[dict[str, Any] | None] = ContextVar("audit_detail", default=None)
_action: ContextVar[str | None] = ContextVar("audit_action", default=None)


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` as one durable transaction that audits itself by name.

    The function takes ``actor`` and ``now`` as keywords and returns the model
    instance it acted on. Use cases do not call use cases: what two of them
    share is a ``step``.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _detail.get() is not None:
            raise RuntimeError(
                f"{function.__qualname__} is a use case inside a use case; share a step instead"
            )
        detail: dict[str, Any] = {}
        token = _detail.set(detail)
        named = _action.set(_action_of(function))
        try:
            with transaction.atomic(durable=True):
                subject = function(*args, **kwargs)
                _record(function, subject, detail, kwargs)
                return subject
        finally:
            _action.reset(named)
            _detail.reset(token)

    run.is_use_case = True  # type: ignore[attr-defined]
    return run


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a write that use cases may include; it refuses to run alone."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _detail.get() is None:
            raise RuntimeError(f"{function.__qualname__} needs a use case around it")
        return function(*args, **kwargs)

    run.is_step = True  # type: ignore[attr-defined]
    return run


def note(**facts: Any) -> None:
    """Add facts to the audit event of the running use case: identifiers, numbers, digests; nothing personal."""
    detail = _detail.get()
    if detail is None:
        raise RuntimeError("note() belongs inside a use case")
    detail.update(facts)


def note_each(facts: Iterable[tuple[models.Model, dict[str, Any]]], *, actor: Actor, now: datetime) -> None:
    """Audit, each by itself, the many things that the running use case did: saved rows and their facts, as of ``note``."""
    action = _action.get()
    if action is None:
        raise RuntimeError("note_each() belongs inside a use case")
    AuditEvent.objects.bulk_create(
        (
            AuditEvent(
                at=now, actor=actor.name, action=action, subject_model=subject._meta.label,
                subject_id=str(subject.pk), detail=detail,
            )
            for subject, detail in facts
        ),
        batch_size=_BATCH,
    )  # fmt: skip


def _action_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__.split('.')[1]}.{function.__name__}"


def _record(
    function: Callable[..., Any], subject: Any, detail: dict[str, Any], kwargs: dict[str, Any]
) -> None:
    if not isinstance(subject, models.Model):
        raise TypeError(f"{function.__qualname__} must return the model instance it changed")
    AuditEvent.objects.create(
        at=kwargs["now"],
        actor=kwargs["actor"].name,
        action=_action_of(function),
        subject_model=subject._meta.label,
        subject_id=str(subject.pk),
        detail=detail,
    )
