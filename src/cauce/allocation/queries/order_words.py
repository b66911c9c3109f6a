"""What a certificate of order says in sentences, on its page and in its PDF."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.allocation.queries.certificates import Certificate, Neighbour
from cauce.base import figures


def decided_sentence(certificate: Certificate) -> str:
    """What left nobody equal to this person."""
    if certificate.decided_by:
        return _("Nadie quedó igual después de comparar «%(label)s»: no hizo falta el sorteo.") % {
            "label": certificate.decided_by
        }
    return (
        _("El empate en todos los criterios lo resolvió el sorteo.")
        if certificate.ticket
        else _("El empate en todos los criterios lo resolvió el folio.")
    )


def ticket_sentence(certificate: Certificate) -> str:
    """How the lottery's number of a folio is counted."""
    if certificate.call.lottery_beacon:
        return _("El número es la cuenta HMAC-SHA-256 del folio con la semilla y, detrás, el texto que nadie podía saber; el menor va antes.")  # fmt: skip
    return _("El número es la cuenta HMAC-SHA-256 del folio con la semilla; el menor va antes.")


def drawn_sentence(certificate: Certificate) -> str:
    """What the lottery decided, or that it decided nothing."""
    if certificate.drawn <= 1:
        return _("El sorteo no cambió este lugar: nadie más tenía los mismos valores.")
    others = certificate.drawn - 1
    facts = {"others": figures.number(others), "turn": figures.number(certificate.turn)}
    return (
        ngettext(
            "%(others)s persona más tenía los mismos valores; el sorteo dio a este folio el turno %(turn)s entre ellas.",
            "%(others)s personas más tenían los mismos valores; el sorteo dio a este folio el turno %(turn)s entre ellas.",
            others,
        )
        % facts
    )


def neighbour_sentence(one: Neighbour) -> str:
    """What separates this person from the one right ahead or behind."""
    facts = {"folio": one.folio, "label": one.label, "place": figures.number(one.place)}
    if one.gap.element:
        facts |= {"mine": one.gap.mine, "theirs": one.gap.enough}
        said = (
            _(
                "Justo antes, en el lugar %(place)s, %(folio)s: los separó «%(label)s», %(theirs)s frente a %(mine)s."
            )
            if one.is_ahead
            else _(
                "Justo después, en el lugar %(place)s, %(folio)s: los separó «%(label)s», %(mine)s frente a %(theirs)s."
            )
        )
        return said % facts
    facts["ticket"] = one.ticket[:12] or one.folio
    said = (
        _("Justo antes, en el lugar %(place)s, %(folio)s: mismos valores; los separó el sorteo (su número empieza con %(ticket)s).")
        if one.is_ahead
        else _("Justo después, en el lugar %(place)s, %(folio)s: mismos valores; los separó el sorteo (su número empieza con %(ticket)s).")
    )  # fmt: skip
    return said % facts


def tie_words(labels: Sequence[str], mine: Sequence[str], theirs: Sequence[str], folio: str) -> str:
    """What put somebody behind ``folio``, right ahead of them, if they tied in the first criterion; nothing if not."""
    differing = next(
        (at for at, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), None
    )
    if differing == 0:
        return ""
    if differing is None:
        return _("Mismos valores que %(folio)s: va después por sorteo.") % {"folio": folio}
    facts = {"folio": folio, "label": labels[differing], "mine": mine[differing], "theirs": theirs[differing]}
    return _("Empata con %(folio)s; va después por «%(label)s»: %(mine)s frente a %(theirs)s.") % facts
