"""What docs/replay-2022.md says is what the command prints and the page shows, to the last figure."""

from __future__ import annotations

import io
import json
from itertools import groupby
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cauce.base.actors import Actor
from cauce.indicators import intake, operations, queries
from cauce.indicators.rules import replay as rules

pytestmark = pytest.mark.once
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "replay-2022.md"


def tables_of(text):
    """Every table of a markdown text: its lines, from heading to last row."""
    runs = groupby(text.splitlines(), key=lambda line: line.startswith("|"))
    return [list(lines) for is_table, lines in runs if is_table]


def printed():
    out = io.StringIO()
    call_command("replay_2022", "--tables", stdout=out)
    return out.getvalue()


def said():
    return DOCUMENTATION.read_text(encoding="utf-8")


def test_the_tables_of_the_documentation_are_those_that_the_command_prints():
    tables = tables_of(said())
    assert [len(table) - 2 for table in tables] == [10, 23, 22, 8, 12]  # none was missed, none is empty
    assert tables == tables_of(printed())


def test_one_figure_changed_on_either_side_is_seen(monkeypatch, tmp_path):
    mistyped = said().replace("| 2,374 (1,870 to 3,056) |", "| 2,374 (1,870 to 3,065) |")
    assert tables_of(mistyped) != tables_of(printed())

    document, seconds = intake.delivered_replay()
    results = json.loads(document)
    rows = [point["scenarios"]["as_2022"] for point in rules.spread_points(results)]
    max(rows, key=lambda row: row["filled"])["filled"] += 1
    monkeypatch.setattr(intake, "RESULTS", tmp_path / "replay_2022.json")
    intake.write_replay(rules.document_of(results["points"]), seconds)
    other = [
        (mine, theirs)
        for before, after in zip(tables_of(said()), tables_of(printed()), strict=True)
        for mine, theirs in zip(before, after, strict=True)
        if mine != theirs
    ]
    # The range of that rule, and what reading all choices at once adds to it, if that point was an extreme there.
    assert "3,057" in other[-1][1]
    assert 1 <= len(other) <= 2


def test_tables_are_printed_without_computing_anything():
    with pytest.raises(CommandError, match="leave --points and --write out"):
        call_command("replay_2022", "--tables", "--points", "1")


@pytest.mark.django_db
def test_the_words_of_the_documentation_carry_the_figures_of_the_page(now):
    row = operations.load_replay(actor=Actor.system("test"), now=now)
    with translation.override("en"):
        found = queries.replay_page(intake.read_drive(), Actor.system("test"))
        results = found.results
        gains = dict(zip((key for key, *_rest in rules.CONTRASTS), results.contrasts, strict=True))
        most = results.verdict.split("at most ")[1].split("%")[0]
    cap, rounds, everyone, stable = (gains[key].gain for key in ("cap", "rounds", "everyone", "stable"))
    hired, jalisco = (check.found for check in results.checks)
    for sentence in (
        f"In each of the {results.points} combinations",
        f"between {cap.low} and {cap.high} posts of 14,323: at most {most}% of those that stayed empty",
        f"fills {rounds.low} to {rounds.high}.",
        f"Had nobody stayed away, {everyone.low} to {everyone.high}.",
        f"({stable.low} to {stable.high}, a median of {stable.median})",
        f"between {results.unasked.low} and {results.unasked.high} of the 6,963 named posts",
        f"between {results.used_all.low} and {results.used_all.high} had used all three choices",
        f"the replay fills {hired.low} to {hired.high}, median {hired.median}",
        f"The replay gives {jalisco.low} to {jalisco.high} there, median {jalisco.median}",
        f"At least {found.bounds.left_room_least:,} people left a choice unused",
        f"left at least {found.bounds.empty_least:,} posts empty",
        f"no rule could add more than {found.bounds.gain_most:,} hires",
        f"{found.bounds.empty_if_all_came:,} posts had nobody left",
        f"At least {found.bounds.refused_first_least:,} people did not fit",
        f"hold {results.answers:,} certified allocations and took {row.seconds} seconds",
        f"`{row.digest}`",
    ):
        assert sentence in said(), sentence
