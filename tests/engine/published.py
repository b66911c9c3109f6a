"""Published instances with known answers, where they lie beside the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "instances"
SINGLES = [
    "algmatch_hr1",
    "carms_example",
    "glasgow_759x53_ties",
    "matching_issue_159",
    "matching_issue_67_empty_programme",
    "matching_readme_sm",
    "nrmp_style_five_residents",
]


def load(name: str) -> dict:
    """The instance as published; skips the test, saying so, where the folder is not there."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the published instances are not at {FOLDER}")
    return json.loads(path.read_text())


def flat(order: list) -> list:
    """Ties in the order in which they are printed, as the published answers settle them."""
    return [person for entry in order for person in (entry if isinstance(entry, list) else [entry])]


def document(instance: dict) -> dict:
    """A published instance as a question in the open format."""
    question = {
        "format": "cauce-question/1",
        "mechanism": "stable",
        "applicants": [
            {"id": person, "choices": choices} for person, choices in instance["applicants"].items()
        ],
        "posts": [
            {"id": post, "capacity": terms["capacity"], "order": flat(terms["order"])}
            for post, terms in instance["programmes"].items()
        ],
    }
    if instance.get("couples"):
        question["couples"] = [
            {"id": couple, "members": terms["members"], "choices": terms["prefs"]}
            for couple, terms in instance["couples"].items()
        ]
    return question
