"""Random questions are judged by what they show, never by how long a shared machine took."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("engine", deadline=None, database=None)
settings.load_profile("engine")
