"""The ledger of seats: whoever moves a seat writes a line, and no seat leaves a lock by accident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from cauce.allocation import queries
from cauce.allocation.models import Dispute, Offer, Placement, Run, Seat, SeatMove, SeatState
from cauce.base.usecases import step
from cauce.calls.models import Call

BATCH = 2000


@step
def open_ledger(call: Call, run: Run, *, now: datetime) -> None:
    """Make a row for each seat of the call, all free, once; disputes that are open take theirs at once.

    Where there are classes of seats, a seat that ``run`` filled has the class of who fills it.
    """
    if Seat.objects.filter(post__call=call).exists():
        return
    filled: defaultdict[int, list[str]] = defaultdict(list)
    for post, name in (
        Placement.objects.filter(run=run, post__isnull=False)
        .order_by("place")
        .values_list("post_id", "seat_class")
    ):
        filled[post or 0].append(name)
    rows = []
    for post, seats in call.posts.order_by("pk").values_list("pk", "seats"):
        names = filled[post] + [""] * seats
        rows += [
            Seat(post_id=post, number=number, seat_class=names[number - 1]) for number in range(1, seats + 1)
        ]
    Seat.objects.bulk_create(rows, batch_size=BATCH)
    lock_waiting(call, now=now)


@step
def move(seats: Sequence[tuple[Seat, Offer | None]], after: str, *, cause: str, now: datetime) -> None:
    """Change the state of seats, each with the offer behind it, and write the lines; a seat that is there already has none."""
    changed = [(seat, offer) for seat, offer in seats if seat.state != after]
    SeatMove.objects.bulk_create(
        (
            SeatMove(seat=seat, before=seat.state, after=after, cause=cause, offer=offer, at=now)
            for seat, offer in changed
        ),
        batch_size=BATCH,
    )
    ids = [seat.pk for seat, _offer in changed]
    for at in range(0, len(ids), BATCH):
        Seat.objects.filter(pk__in=ids[at : at + BATCH]).update(state=after)
    for seat, _offer in changed:
        seat.state = after


@step
def give_back(call: Call, seats: Sequence[tuple[Seat, Offer | None]], *, cause: str, now: datetime) -> None:
    """Return seats: free, unless a dispute over their post waits for one."""
    move(seats, SeatState.FREE, cause=cause, now=now)
    lock_waiting(call, now=now)


@step
def lock_waiting(call: Call, *, now: datetime) -> None:
    """Give each open dispute without a seat a free one of its post, oldest dispute first."""
    waiting = list(
        Dispute.objects.select_for_update()
        .filter(call=call, closed_at__isnull=True, seat__isnull=True)
        .order_by("opened_at", "pk")
    )
    if not waiting:
        return
    free = queries.free_seats(call, posts=[one.post_id for one in waiting])
    for dispute in waiting:
        if seats := free.get(dispute.post_id):
            seat = seats.pop()
            move([(seat, None)], SeatState.DISPUTED, cause="dispute", now=now)
            dispute.seat = seat
            dispute.save(update_fields=["seat"])
