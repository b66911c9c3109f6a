"""Writing what a run answered: rows in bulk, and the counts that its page shows."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.db.models import Model

from cauce.allocation import bridge
from cauce.allocation.models import ClassCutoff, Cutoff, Placement, Run
from cauce.base.usecases import step
from cauce.calls.rules.design import Design

BATCH = 5000


@step
def write_rows(run: Run, placed: list[bridge.Placed], cuts: list[bridge.Cut]) -> None:
    _insert(
        Placement,
        ("run", "application", "place", "post", "rank", "posts", "merit", "seat_class", "reasons"),
        (
            (
                run.pk,
                one.application,
                one.place,
                one.post,
                one.rank,
                json.dumps(one.posts),
                json.dumps(one.merit),
                one.seat_class,
                json.dumps(one.reasons),
            )
            for one in placed
        ),
    )
    _insert(
        Cutoff,
        ("run", "post", "seats", "taken", "listed", "last_place", "last_merit"),
        (
            (run.pk, one.post, one.seats, one.taken, one.listed, one.last_place, json.dumps(one.last_merit))
            for one in cuts
        ),
    )


@step
def write_class_cuts(run: Run, cuts: list[bridge.ClassCut], design: Design) -> None:
    ClassCutoff.objects.bulk_create(
        (
            ClassCutoff(
                run=run, post_id=one.post, seat_class=one.seat_class, label=design.label_of(one.seat_class),
                seats=one.seats, taken=one.taken, last_folio=one.last_folio, last_score=one.last_score,
            )
            for one in cuts
        ),
        batch_size=BATCH,
    )  # fmt: skip


def _insert(model: type[Model], fields: tuple[str, ...], rows: Any) -> None:
    """Insert plain rows without making objects of them, which costs more than everything else at 50,000 people.

    The database's constraints hold as always; values of JSON fields come as text.
    """
    quote = connection.ops.quote_name
    meta: Any = model._meta
    table = quote(meta.db_table)
    columns = ", ".join(quote(meta.get_field(name).column) for name in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608 - names of our own tables
