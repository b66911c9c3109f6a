"""Where the chance of a lottery comes from: declared in a draft; after the closing sealed, written down by two, fixed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from cauce.accounts.models import User
from cauce.base.actors import Actor
from cauce.base.errors import Denied, Refused
from cauce.base.usecases import note, step, use_case
from cauce.calls import queries
from cauce.calls.models import Call, Draw, WitnessSecret
from cauce.calls.operations.desk import DraftRefused, differs, locked_draft, touch
from cauce.calls.operations.publishing import record_freeze
from cauce.calls.rules import letters, lottery
from cauce.calls.rules.calendar import Phase, phase
from cauce.calls.rules.canonical import digest_of
from cauce.calls.rules.lottery import From, Source
from cauce.notices.operations import post_many


class DrawRefused(Refused):
    """What was typed is no value, or not the text that a witness sealed."""

    code = "draw_refused"


@dataclass(frozen=True, slots=True)
class Typed:
    """A public value as one person typed it; ``read_at`` is where they read it, ``signature`` only drand's."""

    value: str
    read_at: str
    signature: str = ""


@use_case
def edit_lottery(*, actor: Actor, call: Call, values: Source, seen: str, now: datetime) -> Call:
    """Replace what a draft declares of its lottery besides the seal.

    Raises ``Denied`` unless the actor may edit, ``ChangedMeanwhile`` when
    somebody else saved other values, ``DraftRefused`` for too many witnesses.
    """
    call = locked_draft(actor, call)
    values = Source.read(values.document())
    if not differs(call, Source.of(call), values, seen):
        return call
    if len(values.witnesses) > lottery.MOST_WITNESSES:
        raise DraftRefused(
            _("Son más testigos de los que caben: %(most)s.") % {"most": lottery.MOST_WITNESSES},
            _("Dejar a los necesarios."),
        )
    call.lottery_source = values.document()
    call.save(update_fields=["lottery_source"])
    touch(call, actor, now)
    note(part="lottery", fingerprint=values.fingerprint)
    return call


@use_case
def seal_participants(*, actor: Actor, call: Call, now: datetime) -> Call:
    """Close the list of a closed call's participants under a digest, once; no list comes in afterwards.

    Raises ``Denied`` before it is due, while an outage is still to be made up
    for, and for a call that declares nothing.
    """
    call = _locked_call(call)
    if not actor.is_system:
        lottery.may_take_part_in_draw(actor, call).enforce()
    _sealed(call, now=now)
    return call


@use_case
def enter_value(*, actor: Actor, call: Call, typed: Typed, now: datetime) -> Draw:
    """Write down the public value of a call: the first person's waits, the second's equal one fixes it for ever.

    If the second writes another one nothing is kept: ``differed_at`` is
    ``now``, and the first gets a letter. The same person writes over their own.
    Raises ``Denied`` with the reason, ``DrawRefused`` for what is no value.
    """
    call = _locked_call(call)
    source, draw = Source.of(call), _sealed(call, now=now)
    if draw.fixed_at is not None and actor.user_id in (draw.typed_by_id, draw.confirmed_by_id):
        note(repeated=True)
        return draw
    lottery.may_enter_value(actor, call, draw, now=now).enforce()
    typed = _checked(source, typed)
    if draw.typed_by_id in (None, actor.user_id):
        draw.value, draw.signature, draw.read_at = typed.value, typed.signature, typed.read_at
        draw.typed_by_id, draw.typed_at = actor.user_id, now
        draw.save(update_fields=["value", "signature", "read_at", "typed_by", "typed_at"])
        note(stage="first")
    elif (draw.value, draw.signature) != (typed.value, typed.signature):
        _tell_first(call, draw, now)
        _forget(draw)
        draw.differed_at = now
        draw.save()
        note(stage="differ")
    else:
        draw.confirmed_by_id, draw.confirmed_read_at = actor.user_id, typed.read_at
        _fix(call, draw, lottery.beacon(draw.digest, value=draw.value), now)
        note(stage="second")
    return draw


@use_case
def reveal_secret(*, actor: Actor, call: Call, number: int, text: str, now: datetime) -> Draw:
    """Write down the text that witness ``number`` reveals; the last one that is needed fixes the draw.

    Raises ``Denied`` with the reason, ``DrawRefused`` for a text whose SHA-256 is not the published seal.
    """
    call = _locked_call(call)
    source, draw = Source.of(call), _sealed(call, now=now)
    secrets = _secrets(draw)
    if secrets.get(number) == text:
        note(repeated=True)
        return draw
    lottery.may_reveal(actor, call, draw, revealed=len(secrets), now=now).enforce()
    if not 1 <= number <= len(source.witnesses) or number in secrets:
        raise DrawRefused(_("Ese testigo ya reveló su texto, o no está en las reglas."), field="text")
    if len(text) > lottery.MOST_SECRET or lottery.seal_of(text) != source.witnesses[number - 1].seal:
        raise DrawRefused(
            _("El texto no corresponde al sello publicado de %(name)s.")
            % {"name": source.witnesses[number - 1].name},
            _("Copiarlo tal como se selló: mayúsculas, espacios y signos cuentan."),
            field="text",
        )
    WitnessSecret.objects.create(
        draw=draw, number=number, text=text, typed_by_id=actor.user_id or 0, revealed_at=now
    )
    note(number=number)
    _settle(call, draw, source, {**secrets, number: text}, now)
    return draw


@use_case
def settle_draw(*, actor: Actor, call: Call, now: datetime) -> Draw:
    """Fix the draw with the witnesses who revealed, at the deadline; before it, nothing changes. Raises ``Denied``."""
    call = _locked_call(call)
    draw = _draw_of(call)
    if draw is None:
        raise Denied()
    if draw.fixed_at is None:
        _settle(call, draw, Source.of(call), _secrets(draw), now)
    return draw


# ----------------------------------------------------------------- what they share


def _locked_call(call: Call) -> Call:
    return Call.objects.select_for_update(of=("self",)).select_related("institution").get(pk=call.pk)


def _draw_of(call: Call) -> Draw | None:
    return Draw.objects.select_for_update().defer("folios").filter(call=call).first()


@step
def _sealed(call: Call, *, now: datetime) -> Draw:
    """The call's draw, locked; made now if the worker has not come to it."""
    draw = _draw_of(call)
    if draw is not None:
        return draw
    source = Source.of(call)
    if not source.is_declared:
        raise Denied(_("Las reglas de esta convocatoria no declaran nada más que el sello."))
    if phase(call, now=now) is not Phase.CLOSED or now < source.seals_at(call.closes_at):
        raise Denied(
            _("La lista de participantes todavía no se cierra."),
            _("Se cierra sola poco después del cierre de la convocatoria."),
        )
    if queries.extension_due(call) is not None:
        raise Denied(_("El cierre se va a mover por una interrupción: primero se devuelve ese tiempo."))
    record_freeze(call, now=now)
    folios = queries.folios_sent(call)
    text = lottery.participants_text(folios)
    draw = Draw.objects.create(
        call=call, participants=len(folios), folios=text, digest=digest_of(text), sealed_at=now
    )
    note(digest=draw.digest, people=len(folios), late=lottery.is_late(draw, source))
    return draw


def _checked(source: Source, typed: Typed) -> Typed:
    made = (
        Typed(lottery.tidy_randomness(typed.value), lottery.tidy(typed.read_at), lottery.tidy_randomness(typed.signature))
        if source.kind == From.DRAND
        else Typed(lottery.tidy(typed.value), lottery.tidy(typed.read_at))
    )  # fmt: skip
    if problem := lottery.value_problem(source, made.value, made.signature):
        raise DrawRefused(problem, _("Copiarlo otra vez, de donde se publicó."), field="value")
    if not made.read_at:
        raise DrawRefused(
            _("Falta decir dónde se leyó."), _("Escribir la dirección o el documento."), field="read_at"
        )
    return made


def _forget(draw: Draw) -> None:
    draw.value = draw.signature = draw.read_at = ""
    draw.typed_by = draw.typed_at = None


def _secrets(draw: Draw) -> dict[int, str]:
    return dict(draw.secrets.values_list("number", "text"))


@step
def _settle(call: Call, draw: Draw, source: Source, secrets: dict[int, str], now: datetime) -> None:
    if lottery.is_settled(source, revealed=len(secrets), now=now):
        _forget(draw)
        _fix(call, draw, lottery.beacon(draw.digest, secrets=secrets), now)


@step
def _fix(call: Call, draw: Draw, text: str, now: datetime) -> None:
    draw.fixed_at, draw.differed_at = now, None
    draw.save()
    call.lottery_beacon = text
    call.save(update_fields=["lottery_beacon"])
    note(digest=digest_of(text))


@step
def _tell_first(call: Call, draw: Draw, now: datetime) -> None:
    readers: Iterable[User] = User.objects.filter(pk=draw.typed_by_id or 0)
    post_many(
        [
            letters.DRAW_DIFFERED.letter(
                key=f"draw-differed:{draw.pk}:{now.isoformat()}", user_id=reader.pk, language=reader.language,
                link=reverse("calls:draw", args=[call.code]), matter=f"call:{call.pk}", title=call.title,
            )
            for reader in readers
        ],
        now=now,
        subject=draw,
    )  # fmt: skip
