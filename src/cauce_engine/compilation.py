"""Compile once and keep the result on disk; where the disk refuses, compile for this process and say so."""

from __future__ import annotations

import sys
from typing import Any

import numba

_SIGNS_OF_NO_CACHE = ("no locator available", "cannot cache function")
_told = False


def compiled(function: Any) -> Any:
    """Like ``numba.njit(cache=True)``, but an unwritable cache folder costs time instead of the answer."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError as error:
        if not any(sign in str(error) for sign in _SIGNS_OF_NO_CACHE):
            raise
        _tell_once()
        return numba.njit(nogil=True)(function)


def _tell_once() -> None:
    global _told
    if not _told:
        _told = True
        sys.stderr.write(
            "The compiled loops cannot be kept (their folder is not writable): every start compiles them "
            "anew. Set NUMBA_CACHE_DIR to a writable folder.\n"
        )
