"""A package as the review of personal data reads it: from its own bytes, not from rows beside them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from cauce.allocation.models import Run
from cauce.allocation.queries.results import package_bytes
from cauce.allocation.rules import exposure as rules


def exposure_of(run: Run) -> rules.Exposure:
    """Whom the package of ``run`` tells apart; two seconds for 50,000 people. ``ValueError`` for bytes that are no package."""
    return rules.exposure(contents(package_bytes(run)))


def contents(package: bytes) -> rules.Contents:
    """What the stored package holds of people. ``ValueError`` for bytes that are no package."""
    try:
        data = zlib.decompress(package)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {
                name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")
            }
        return _contents("sha256:" + hashlib.sha256(data).hexdigest(), files)
    except (zlib.error, zipfile.BadZipFile, KeyError, TypeError) as error:
        raise ValueError(f"no package: {error!r}") from error


def _contents(digest: str, files: Mapping[str, Any]) -> rules.Contents:
    question, answer, frozen = files["question.json"], files["answer.json"], files.get("rules.json", {})
    people, places = question["applicants"], answer["places"]
    said = {one["key"]: one for one in frozen.get("posts", [])}
    kept: Counter[str] = Counter()
    for post in question["posts"]:
        for line in post.get("classes", []):
            kept[line["group"] or ""] += line["seats"]
    return rules.Contents(
        digest=digest,
        folios=[one["id"] for one in people],
        groups=[tuple(one.get("groups", ())) for one in people],
        merit=[tuple(one.get("merit", ())) for one in people],
        wishes=[tuple(one["choices"]) for one in people],
        places=[places[one["id"]] or "" for one in people],
        posts={
            one["id"]: rules.PostFacts(
                one["capacity"],
                said.get(one["id"], {}).get("specialty", ""),
                said.get(one["id"], {}).get("site", {}).get("state", ""),
            )
            for one in question["posts"]
        },
        group_seats=kept,
        claimed=[
            one["applicant"] for one in files.get("correction.json", {}).get("events", []) if "applicant" in one
        ],
        names=_names(frozen),
        criteria=[one["label"] for one in frozen.get("order", []) if "label" in one],
    )  # fmt: skip


def _names(frozen: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """What the rules call specialties and groups of seats."""
    names = {(rules.SPECIALTY, one["code"]): one["name"] for one in frozen.get("specialties", [])}
    classes = frozen.get("allocation", {}).get("seat_classes", [])
    return names | {(rules.GROUP, one["key"]): one["label"] for one in classes if one.get("label")}
