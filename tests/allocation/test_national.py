"""What the public reads of a call of 45,000 people: as many queries as of a call of 200."""

from __future__ import annotations

import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cauce.allocation.models import Placement
from tests.bench import allocation_run

SMALL, NATIONAL = 200, 45_000
ADDRESSES = (
    "/",
    "/convocatorias/",
    "/convocatorias/BENCH/",
    "/convocatorias/BENCH/plazas/",
    "/convocatorias/BENCH/plazas.csv",
    "/plazas/",
    "/sedes/",
    "/especialidades/",
    "/instituciones/",
    "/cifras/",
    "/resultados/",
    "/resultados/BENCH/",
    "/resultados/BENCH/?p=2",
    "/resultados/BENCH/cortes.csv",
    "/resultados/BENCH/paquete.zip",
    "/resultados/BENCH/FOLIO/",
)


@pytest.mark.scale
@pytest.mark.django_db
def test_public_pages_of_a_national_call_read_as_often_as_of_a_small_one(client):
    counts = {}
    for people in (SMALL, NATIONAL):
        before = transaction.savepoint()
        folio = published(people)
        counts[people] = {address: reading(client, address.replace("FOLIO", folio)) for address in ADDRESSES}
        transaction.savepoint_rollback(before)
    assert counts[NATIONAL] == counts[SMALL]


def published(people: int) -> str:
    """Publish the results of a call of so many people; return the folio of one of them who got nothing."""
    run = allocation_run.published(people)
    return Placement.objects.filter(run=run, post=None).values_list("application__folio", flat=True)[0]


def reading(client, address: str) -> int:
    started = time.perf_counter()
    with CaptureQueriesContext(connection) as read:
        answer = client.get(address)
        size = len(b"".join(answer) if answer.streaming else answer.content)
    assert answer.status_code == 200, address
    print(f"{address}: {len(read)} queries, {size:,} octets, {time.perf_counter() - started:.2f} s")
    return len(read)
