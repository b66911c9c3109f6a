"""The one canonical text of a document, and its digest. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(document: dict[str, Any]) -> str:
    """Return the one text of ``document``: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of ``text``, in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
