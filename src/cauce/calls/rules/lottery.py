"""Where the chance of a call's lottery comes from, and the one text that mixes it into the draw. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.accounts import roles
from cauce.base import figures
from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Verdict
from cauce.calls.models import Call, Draw
from cauce.calls.rules.canonical import digest_of
from cauce.calls.rules.drafting import Part

BEACON = "cauce-beacon/1"
# Public values and witnesses: what the engine's text of at most 10,000 characters always holds.
MOST_VALUE, MOST_SECRET, MOST_WITNESSES, LEAST_WITNESSES, LEAST_REVEALED = 200, 100, 7, 3, 2
MOST_HOURS, USUAL_HOURS = 240, 24
# drand's quicknet: a round every three seconds, counted from 1 at its start.
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
_QUICKNET_START, _QUICKNET_PERIOD = 1_692_803_367, 3
_DRAND = "https://api.drand.sh"  # only told to people: nothing here asks it
_SEALED_AFTER = timedelta(hours=1)
_ZONE = ZoneInfo("America/Mexico_City")
_PLAIN = " ,:/+"  # besides letters, digits and _.-~ as addresses have them


class From(StrEnum):
    """Where chance comes from."""

    SEAL = "seal"
    VALUE = "value"
    DRAND = "drand"
    WITNESSES = "witnesses"


@dataclass(frozen=True, slots=True)
class Witness:
    """Who sealed a secret text: ``seal`` are the 64 hexadecimal digits of its SHA-256."""

    name: str
    office: str
    seal: str


@dataclass(frozen=True, slots=True)
class Source(Part):
    """What a call declares of its lottery besides the seal.

    ``words`` and ``where`` say what the public value is and who publishes it;
    nobody can know it before ``known_at``. ``witnesses`` reveal their secrets
    from ``known_at`` on where they are the source; else from ``fallback_hours``
    later, if no value is fixed by then. They have ``reveal_hours``.
    """

    kind: str = From.SEAL
    words: str = ""
    where: str = ""
    known_at: datetime | None = None
    fallback_hours: int = 0
    reveal_hours: int = USUAL_HOURS
    witnesses: tuple[Witness, ...] = ()

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.read(row.lottery_source)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Read what ``document`` wrote."""
        if not said:
            return cls()
        names = ("kind", "words", "where", "fallback_hours", "reveal_hours")
        return cls(
            **{name: said[name] for name in names if name in said},
            known_at=datetime.fromisoformat(said["known_at"]) if said.get("known_at") else None,
            witnesses=tuple(
                Witness(one["name"], one["office"], one["seal"].removeprefix("sha256:"))
                for one in said.get("witnesses", ())
            ),
        )

    def document(self) -> dict[str, Any]:
        """The declaration as it is frozen; nothing where the seal stands alone."""
        if self.kind == From.SEAL:
            return {}
        said: dict[str, Any] = {"kind": str(self.kind)}
        if self.known_at is not None:
            said["known_at"] = self.known_at.astimezone(_ZONE).isoformat(timespec="seconds")
        if self.kind == From.VALUE:
            said |= {"words": self.words, "where": self.where}
        if self.kind == From.DRAND and self.known_at is not None:
            said |= {"chain": QUICKNET, "round": round_at(self.known_at)}
        if self.kind != From.WITNESSES and self.fallback_hours:
            said["fallback_hours"] = self.fallback_hours
        if self.witnesses:
            said["reveal_hours"] = self.reveal_hours
            said["witnesses"] = [
                {"name": one.name, "office": one.office, "seal": f"sha256:{one.seal}"}
                for one in self.witnesses
            ]
        return said

    @property
    def is_declared(self) -> bool:
        return self.kind != From.SEAL

    @property
    def takes_value(self) -> bool:
        return self.kind in (From.VALUE, From.DRAND)

    def seals_at(self, closes_at: datetime) -> datetime:
        """When the list of participants is closed: an hour after the closing, so that outages are made up for first.

        Sooner where the value comes within two hours.
        """
        room = self.known_at - closes_at if self.known_at else _SEALED_AFTER
        return closes_at + max(timedelta(0), min(_SEALED_AFTER, room / 2))

    @property
    def reveals_at(self) -> datetime | None:
        """From when the witnesses' secrets are asked for; nothing where there are none."""
        if self.known_at is None or not self.witnesses:
            return None
        return self.known_at + timedelta(hours=self.fallback_hours if self.takes_value else 0)

    @property
    def reveals_until(self) -> datetime | None:
        return None if (begins := self.reveals_at) is None else begins + timedelta(hours=self.reveal_hours)

    @property
    def round(self) -> int:
        """The round of quicknet; 0 where that is not the source."""
        return round_at(self.known_at) if self.kind == From.DRAND and self.known_at else 0


def round_at(moment: datetime) -> int:
    """Return the first round of quicknet that comes out at ``moment`` or after it."""
    since = moment.timestamp() - _QUICKNET_START
    return max(1, -int(-since // _QUICKNET_PERIOD) + 1)


# ------------------------------------------------------------------- one text


def participants_text(folios: Iterable[str]) -> str:
    """The list of participants as it is sealed: sorted folios, one a line, each line ended."""
    return "".join(f"{folio}\n" for folio in sorted(folios))


def tidy(value: str) -> str:
    """A public value as it is compared and mixed in: one form of each character, one space between words."""
    return " ".join(unicodedata.normalize("NFC", value).split())


def tidy_randomness(value: str) -> str:
    """Hexadecimal digits as they are compared: small letters, no spaces."""
    return "".join(value.split()).lower()


def seal_of(secret: str) -> str:
    """The SHA-256 of a witness's text, exactly as typed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def beacon(participants: str, *, value: str = "", secrets: Mapping[int, str] | None = None) -> str:
    """Return the text that the engine puts after the seed: format, digest of the participants, then the value or secrets.

    Parts are divided by semicolons; a value is written as in an address, but for spaces and `,:/+`. ``secrets`` are the
    witnesses' texts by their number in the rules, from 1.
    """
    parts = [BEACON, f"participants=sha256:{participants}"]
    if value:
        parts.append(f"value={quote(value, safe=_PLAIN)}")
    parts += [
        f"witness{number}={quote(text, safe=_PLAIN)}" for number, text in sorted((secrets or {}).items())
    ]
    return ";".join(parts)


def value_problem(source: Source, value: str, signature: str) -> str:
    """Say what is wrong with a tidy value as it was typed, or nothing."""
    if not value:
        return _("Falta el valor.")
    if len(value) > MOST_VALUE:
        return _("El valor tiene más de %(most)s letras.") % {"most": MOST_VALUE}
    if source.kind != From.DRAND:
        return ""
    if len(value) != 64 or not _is_hex(value):
        return _("«randomness» son 64 cifras hexadecimales: de 0 a 9 y de la a a la f.")
    if len(signature) != 96 or not _is_hex(signature):
        return _("«signature» son 96 cifras hexadecimales: de 0 a 9 y de la a a la f.")
    if hashlib.sha256(bytes.fromhex(signature)).hexdigest() != value:
        return _("«randomness» no es el SHA-256 de «signature»: alguna de las dos está mal copiada.")
    return ""


def is_seal(text: str) -> bool:
    return len(text) == 64 and _is_hex(text)


def _is_hex(text: str) -> bool:
    return set(text) <= set("0123456789abcdef")


# --------------------------------------------------------------------- faults


class Fault(NamedTuple):
    """Something wrong with a declaration, as the linter tells it."""

    code: str
    blocks: bool
    about: str
    sentence: str
    remedy: str


def lottery_faults(
    source: Source, *, closes_at: datetime, results_at: datetime, given_back: timedelta
) -> Iterator[Fault]:
    """What contradicts itself; ``given_back`` is how much outages may move the closing."""
    if not source.is_declared:
        yield Fault(
            "lottery-seal-only", False, "",
            _("Solo hay sello: quien conoce la semilla sabe de antemano el orden de los empates."),
            _("Elegir un valor público que se conozca después del cierre, o testigos."),
        )  # fmt: skip
        return
    if source.kind == From.VALUE and not (source.words.strip() and source.where.strip()):
        yield Fault(
            "lottery-words", True, "", _("No dice cuál es el valor público o dónde se publica."),
            _("Escribirlo de modo que cualquiera pueda leerlo sin preguntar."),
        )  # fmt: skip
    yield from _moment_faults(source, closes_at, results_at, given_back)
    yield from _witness_faults(source)


def _moment_faults(
    source: Source, closes_at: datetime, results_at: datetime, given_back: timedelta
) -> Iterator[Fault]:
    known, about = source.known_at, source.known_at.isoformat() if source.known_at else ""
    if known is None:
        yield Fault(
            "lottery-moment", True, "", _("No dice desde cuándo se conoce el valor."),
            _("Poner día y hora, después del cierre."),
        )  # fmt: skip
        return
    if known <= closes_at:
        yield Fault(
            "lottery-too-early", True, about, _("El valor se conocería antes del cierre: alguien podría acomodarse a él."),
            _("Elegir un momento posterior al cierre."),
        )  # fmt: skip
    elif known < closes_at + given_back:
        yield Fault(
            "lottery-outage", False, about,
            _("Si el sitio falla antes del cierre, el valor llega antes de que se pueda devolver todo ese tiempo."),
            _("Dejar más tiempo entre el cierre y el valor."),
        )  # fmt: skip
    last = source.reveals_until or known
    if last >= results_at:
        yield Fault(
            "lottery-too-late", True, about,
            _("El sorteo podría no estar fijado en la fecha de resultados: termina el %(moment)s.")
            % {"moment": figures.moment(last)},
            _("Adelantar el valor o los plazos de los testigos, o mover los resultados."),
        )  # fmt: skip


def _witness_faults(source: Source) -> Iterator[Fault]:
    number = len(source.witnesses)
    if source.takes_value and not number:
        if source.fallback_hours:
            yield Fault(
                "lottery-fallback", True, "", _("Dice cuándo valen los testigos, pero no hay testigos."),
                _("Registrar al menos tres, o quitar las horas."),
            )  # fmt: skip
        else:
            yield Fault(
                "lottery-no-fallback", False, "", _("Si el valor público no se publica, no habría con qué sortear."),
                _("Registrar testigos para ese caso."),
            )  # fmt: skip
        return
    if number < LEAST_WITNESSES:
        yield Fault(
            "lottery-few-witnesses", True, str(number),
            ngettext("Hay %(n)s testigo.", "Hay %(n)s testigos.", number) % {"n": number},
            _("Registrar al menos tres, de áreas distintas."),
        )  # fmt: skip
    if source.takes_value and not source.fallback_hours:
        yield Fault(
            "lottery-fallback", True, "", _("Hay testigos, pero no dice a las cuántas horas valen."),
            _("Escribir las horas."),
        )  # fmt: skip
    names = {" ".join(one.name.casefold().split()) for one in source.witnesses}
    if min(len(names), len({one.seal for one in source.witnesses})) < number:
        yield Fault(
            "lottery-witness-twice", True, "", _("Un testigo o un sello está repetido."),
            _("Cada testigo es otra persona, con un texto propio."),
        )  # fmt: skip
    if any(not (one.name.strip() and one.office.strip() and is_seal(one.seal)) for one in source.witnesses):
        yield Fault(
            "lottery-witness", True, "", _("A un testigo le falta el nombre, el cargo o el sello."),
            _("Completarlo, o dejar vacío todo su renglón."),
        )  # fmt: skip


# ----------------------------------------------------------------- may I?


def lottery_is_fixed(call: Call) -> Verdict:
    """Whether whoever needs the order of a call may have it: at once, or when the declared value is fixed."""
    return ALLOWED.unless(
        bool(call.lottery_source) and not call.lottery_beacon,
        _("Las reglas de esta convocatoria declaran de dónde sale el azar del sorteo, y ese valor todavía no se fija."),
        _("Se fija en la página «Sorteo»; después se puede seguir."),
    )  # fmt: skip


def is_late(draw: Draw, source: Source) -> bool:
    """Whether the list of participants was closed when the value could be known already."""
    return source.known_at is not None and draw.sealed_at >= source.known_at


def may_take_part_in_draw(actor: Actor, call: Call) -> Verdict:
    """Whether the actor is one of those who write down the value or what witnesses reveal."""
    if actor.user_id is None or not actor.holds(roles.ALLOCATION_SIGN, call.institution_id):
        return Verdict(False, _("Escribirlo toca a la gestión de la convocatoria y a la segunda firma."))
    return ALLOWED


def may_enter_value(actor: Actor, call: Call, draw: Draw | None, *, now: datetime) -> Verdict:
    """Whether the actor may type the public value, as the first or as the second person."""
    source, verdict = Source.of(call), may_take_part_in_draw(actor, call)
    if not verdict:
        return verdict
    if not source.takes_value or source.known_at is None:
        return Verdict(False, _("Las reglas de esta convocatoria no declaran un valor público."))
    if draw is not None and draw.fixed_at is not None:
        return Verdict(False, _("El sorteo ya está fijado: no cambia."))
    if draw is None:
        return Verdict(
            False, _("La lista de participantes todavía no se cierra."),
            _("Se cierra sola poco después del cierre de la convocatoria."),
        )  # fmt: skip
    if now < source.known_at:
        return Verdict(
            False,
            _("El valor no se puede conocer antes del %(moment)s.")
            % {"moment": figures.moment(source.known_at)},
        )
    begins = source.reveals_at
    if begins is not None and now >= begins:
        return Verdict(False, _("El plazo del valor público terminó: valen los testigos."))
    if begins is not None and is_late(draw, source):
        return Verdict(
            False,
            _(
                "La lista de participantes se cerró cuando el valor ya podía conocerse: por eso valen los testigos."
            ),
            _("Pedirles su texto a partir del %(moment)s.") % {"moment": figures.moment(begins)},
        )
    return ALLOWED


def value_waits(actor: Actor, call: Call, *, now: datetime) -> str:
    """What a closed call asks of the actor: its declared value, from when it is known until it is fixed; or nothing."""
    known = Source.of(call).known_at
    if known is None or now < known or lottery_is_fixed(call) or not may_take_part_in_draw(actor, call):
        return ""
    return _("Falta fijar el sorteo: su valor se conoce desde el %(when)s.") % {"when": figures.moment(known)}


def may_reveal(actor: Actor, call: Call, draw: Draw | None, *, revealed: int, now: datetime) -> Verdict:
    """Whether the actor may type a witness's text; ``revealed`` is how many are known."""
    verdict = may_take_part_in_draw(actor, call)
    if not verdict:
        return verdict
    source = Source.of(call)
    begins, ends = source.reveals_at, source.reveals_until
    if begins is None or ends is None:
        return Verdict(False, _("Las reglas de esta convocatoria no nombran testigos."))
    if draw is not None and draw.fixed_at is not None:
        return Verdict(False, _("El sorteo ya está fijado: no cambia."))
    if draw is None:
        return Verdict(False, _("La lista de participantes todavía no se cierra."))
    if now < begins:
        return Verdict(
            False,
            _("Los testigos revelan su texto a partir del %(moment)s.") % {"moment": figures.moment(begins)},
        )
    if now >= ends and revealed >= LEAST_REVEALED:
        return Verdict(False, _("El plazo de los testigos terminó: quien no reveló queda fuera."))
    return ALLOWED


def is_settled(source: Source, *, revealed: int, now: datetime) -> bool:
    """Whether the revealed texts are the ones that count: all, or at the deadline those of at least two."""
    if not revealed or (ends := source.reveals_until) is None:
        return False
    return revealed == len(source.witnesses) or (now >= ends and revealed >= LEAST_REVEALED)


# ------------------------------------------------------------------ in words


def source_sentences(source: Source) -> list[str]:
    """Say where the chance comes from, for whoever applies, one sentence after another."""
    if not source.is_declared:
        return [_("El sorteo sale de una semilla sellada antes de abrir las listas.")]
    said = [
        _("El sorteo sale de una semilla sellada antes de abrir las listas, mezclada con algo que nadie puede conocer antes.")
    ]  # fmt: skip
    if source.known_at is None:
        return [*said, _("No dice desde cuándo se conoce el valor.")]
    known = figures.moment(source.known_at, weekday=True, zone=True)
    if source.kind == From.VALUE:
        said += [
            _("El valor público: %(words)s") % {"words": source.words},
            _("Se publica en: %(where)s. Nadie puede conocerlo antes del %(moment)s.")
            % {"where": source.where.rstrip("."), "moment": known},
        ]
    if source.kind == From.DRAND:
        said.append(
            _("El valor público: la vuelta %(round)s de la red drand «quicknet», que sale el %(moment)s. La producen juntas instituciones de varios países: ninguna puede conocerla antes.")
            % {"round": figures.number(source.round), "moment": known}
        )  # fmt: skip
        said.append(
            _("Se lee, por ejemplo, en %(address)s")
            % {"address": f"{_DRAND}/{QUICKNET}/public/{source.round}"}
        )
    if source.witnesses:
        said += _witness_sentences(source)
    said.append(_("Antes de ese momento se cierra, bajo una huella, la lista de folios que participan. Así nadie, ni la institución, puede saber ni acomodar el resultado."))  # fmt: skip
    return said


def _witness_sentences(source: Source) -> list[str]:
    begins = source.reveals_at
    said = []
    if source.takes_value:
        said.append(
            ngettext(
                "Si a la hora de ese momento el valor no se ha fijado, valen los testigos.",
                "Si a las %(hours)s horas de ese momento el valor no se ha fijado, valen los testigos.",
                source.fallback_hours,
            )
            % {"hours": source.fallback_hours}
        )
    facts = {
        "n": len(source.witnesses),
        "begins": figures.moment(begins, weekday=True, zone=True) if begins else "",
        "hours": source.reveal_hours,
    }
    said.append(
        _("%(n)s testigos guardaron cada quien un texto secreto y aquí está su sello. Lo revelan a partir del %(begins)s y tienen %(hours)s horas. Quien no lo revela queda fuera; hacen falta al menos dos.")
        % facts
    )  # fmt: skip
    return said


def digest_of_participants(folios: Iterable[str]) -> str:
    return digest_of(participants_text(folios))
