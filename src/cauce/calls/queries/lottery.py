"""What chance a call declared, and what came of it: for its desk, for everybody, and for whoever audits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from cauce.base.actors import Actor
from cauce.base.errors import Verdict
from cauce.calls.models import (
    Application,
    ApplicationState,
    Call,
    CallState,
    Draw,
    ListVersion,
    WitnessSecret,
)
from cauce.calls.queries.desk import name_of
from cauce.calls.queries.desk_pages import Frame, desk_frame
from cauce.calls.rules import Phase, lottery, phase
from cauce.calls.rules.lottery import From, Source, Witness


def folios_sent(call: Call) -> list[str]:
    """The folios of every application of a call that stands with a sent list, sorted; one query."""
    sent = ListVersion.objects.filter(sent_at__isnull=False).values("application")
    rows = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED, pk__in=sent)
    return sorted(rows.values_list("folio", flat=True))


def calls_to_seal(*, now: datetime) -> list[Call]:
    """Closed calls that declare more than a seal, whose list of participants is due to be closed."""
    waiting = Call.objects.filter(state=CallState.PUBLISHED, closes_at__lt=now, draw__isnull=True)
    return [
        call
        for call in waiting.exclude(lottery_source={}).order_by("pk")
        if phase(call, now=now) is Phase.CLOSED and now >= Source.of(call).seals_at(call.closes_at)
    ]


def calls_to_settle(*, now: datetime) -> list[Call]:
    """Calls whose witnesses' time is over, with enough texts revealed and no draw fixed yet."""
    waiting = (
        Call.objects.filter(draw__fixed_at__isnull=True, draw__isnull=False)
        .annotate(revealed=Count("draw__secrets"))
        .filter(revealed__gte=lottery.LEAST_REVEALED)
    )
    return [
        call
        for call in waiting.order_by("pk")
        if lottery.is_settled(Source.of(call), revealed=call.revealed, now=now)
    ]


@dataclass(frozen=True, slots=True)
class WitnessLine:
    """A witness of the rules and what they revealed; ``text`` is told once the draw is fixed."""

    number: int
    witness: Witness
    revealed_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a draw; ``follows`` says whether it came after the one before it, as it must."""

    label: str
    at: datetime | None
    follows: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """The lottery of one call besides its seal: what the rules declare, and the draw as far as it has come."""

    call: Call
    source: Source
    draw: Draw | None
    witnesses: list[WitnessLine]

    @property
    def sentences(self) -> list[str]:
        return lottery.source_sentences(self.source)

    @property
    def is_late(self) -> bool:
        """Whether the list was closed when the public value that counts could be known already."""
        return (
            self.source.takes_value
            and not self.by_witnesses
            and self.draw is not None
            and lottery.is_late(self.draw, self.source)
        )

    @property
    def is_fixed(self) -> bool:
        return self.draw is not None and self.draw.fixed_at is not None

    @property
    def by_witnesses(self) -> bool:
        """Whether witnesses gave the value, as the source or because there was no public one."""
        return self.draw is not None and self.is_fixed and not self.draw.value

    @property
    def revealed(self) -> int:
        return sum(one.revealed_at is not None for one in self.witnesses)

    @property
    def moments(self) -> list[Moment]:
        """Seal, participants, value, fixed: in the order in which they must have come, with whether they did."""
        draw, known = self.draw, self.source.known_at
        if self.source.kind == From.WITNESSES or self.by_witnesses:
            known = min((one.revealed_at for one in self.witnesses if one.revealed_at), default=None)
        rows = [
            (_("Se publicó el sello"), self.call.published_at),
            (_("Se cerró la lista de participantes"), draw.sealed_at if draw else None),
            (_("Se pudo conocer el valor"), known),
            (_("Quedó fijado"), draw.fixed_at if draw else None),
        ]
        found, before = [], None
        for label, at in rows:
            found.append(Moment(label, at, before is None or at is None or before < at))
            before = at or before
        return found


def drawn(call: Call) -> Drawn | None:
    """The lottery of a call that declares more than a seal, in two queries; nothing, in none, where it does not."""
    source = Source.of(call)
    if not source.is_declared:
        return None
    draw = Draw.objects.defer("folios").select_related("typed_by__person").filter(call=call).first()
    secrets = {one.number: one for one in WitnessSecret.objects.filter(draw=draw)} if draw else {}
    is_fixed = draw is not None and draw.fixed_at is not None
    lines = []
    for number, witness in enumerate(source.witnesses, 1):
        one = secrets.get(number)
        lines.append(
            WitnessLine(
                number, witness, one.revealed_at if one else None, one.text if one and is_fixed else ""
            )
        )
    return Drawn(call, source, draw, lines)


def participants_file(call: Call) -> str:
    """The list of participants as it was sealed; empty while there is none."""
    return Draw.objects.filter(call=call).values_list("folios", flat=True).first() or ""


@dataclass(frozen=True, slots=True)
class Recount:
    """A sealed list of participants beside the folios of a question: the digest counted again, and who is in one only."""

    digest: str
    is_same: bool
    only_sealed: int
    only_asked: int


def recount(call: Call, folios: Sequence[str]) -> Recount | None:
    """Count the digest of ``folios`` again and compare it with what was sealed; one query."""
    sealed = Draw.objects.filter(call=call).values_list("folios", "digest").first()
    if sealed is None:
        return None
    ours, theirs = set(sealed[0].split()), set(folios)
    digest = lottery.digest_of_participants(folios)
    return Recount(digest, digest == sealed[1], len(ours - theirs), len(theirs - ours))


# ------------------------------------------------------------------- the desk


@dataclass(frozen=True, slots=True)
class DrawPage:
    """The desk's page of a draw. ``first`` is who typed a value that waits for a second person; the value is not told."""

    frame: Frame
    drawn: Drawn
    seals_at: datetime
    may_enter: Verdict
    may_reveal: Verdict
    first: str
    is_mine: bool

    @property
    def draw(self) -> Draw | None:
        return self.drawn.draw


def draw_page(actor: Actor, call: Call, *, now: datetime) -> DrawPage | None:
    """Three queries; nothing for a draft, nor for a call that declares only its seal."""
    found = drawn(call)
    if found is None or call.state == CallState.DRAFT:
        return None
    draw = found.draw
    waits = draw is not None and draw.typed_by_id is not None and draw.fixed_at is None
    return DrawPage(
        frame=desk_frame(actor, call, "calls:draw", now=now),
        drawn=found,
        seals_at=found.source.seals_at(call.closes_at),
        may_enter=lottery.may_enter_value(actor, call, draw, now=now),
        may_reveal=lottery.may_reveal(actor, call, draw, revealed=found.revealed, now=now),
        first=name_of(draw.typed_by) if waits and draw else "",
        is_mine=waits and draw is not None and draw.typed_by_id == actor.user_id,
    )
