"""Reads of the catalogues."""

from __future__ import annotations

from cauce.institutions.models import CatalogueLoad


def latest_load() -> CatalogueLoad | None:
    """Return the load that last changed the catalogues, if there was any."""
    return CatalogueLoad.objects.order_by("pk").last()
