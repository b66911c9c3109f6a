"""The badge of the frame."""

from __future__ import annotations

from typing import Any

from django import template

from cauce.notices import queries

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context: dict[str, Any]) -> int:
    """Return how many notices the reader has not opened: ``{% unread_notices as unread %}``. One query."""
    actor = context.get("actor")
    return queries.unread_count(actor) if actor else 0
