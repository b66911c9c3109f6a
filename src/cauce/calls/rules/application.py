"""What an applicant may do, what a list may hold, and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from cauce.base.actors import Actor
from cauce.base.errors import ALLOWED, Refused, Verdict
from cauce.base.figures import number
from cauce.base.phrases import counted as ngettext
from cauce.base.phrases import phrase as _
from cauce.calls.models import Application, ApplicationState, Call, ListRule
from cauce.calls.rules.calendar import Phase, phase
from cauce.calls.rules.categories import Categories, reaches
from cauce.calls.rules.design import Design
from cauce.calls.rules.receipt import to_the_second

LONGEST_LIST = 1000
_NAMED = 3


class ListRefused(Refused):
    """A list holds what it may not. ``detail["posts"]`` are the ids at fault."""

    code = "list_refused"


class DetailsRefused(Refused):
    """A declared value is not what the call asks for."""

    code = "details_refused"


@dataclass(frozen=True, slots=True)
class PostFact:
    """What the check of a list needs to know of a post."""

    id: int
    key: str
    name: str
    call_id: int
    specialty_id: int
    seats: int = 1
    reserved: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """The sending that counts."""

    number: int
    at: datetime


# ------------------------------------------------------------------ may I?


def may_start(actor: Actor, call: Call, *, now: datetime) -> Verdict:
    """Whether the actor may start an application, or go on with the one there is."""
    if actor.person_id is None:
        return Verdict(
            False,
            _("Las oficinas no se postulan: esta cuenta no es de una persona."),
            _("Entra con tu cuenta personal."),
        )
    return takes_applications(call, now=now)


def may_edit(actor: Actor, application: Application, *, now: datetime, sent: Sent | None = None) -> Verdict:
    """Whether the actor may change the list. ``sent`` lets a refusal say what counts instead."""
    if actor.person_id is None or actor.person_id != application.person_id:
        return Verdict(False, _("Esta solicitud es de otra persona."))
    open_ = takes_applications(application.call, now=now)
    return open_ if open_ else Verdict(False, open_.reason, what_counts(application, sent))


def may_change_details(
    actor: Actor, application: Application, *, now: datetime, sent: Sent | None = None
) -> Verdict:
    """Whether specialty and declared values may change: not while a sending that includes them counts."""
    return may_edit(actor, application, now=now, sent=sent).unless(
        application.state == ApplicationState.SUBMITTED,
        _("Tu solicitud está enviada con estos datos."),
        _("Para cambiarlos, retira la solicitud, corrige y envíala otra vez antes del cierre."),
    )


def may_withdraw(
    actor: Actor, application: Application, *, now: datetime, sent: Sent | None = None
) -> Verdict:
    return may_edit(actor, application, now=now, sent=sent).unless(
        application.state == ApplicationState.DRAFT,
        _("Todavía no envías esta solicitud: no hay nada que retirar."),
        _("Si no la envías, no participa."),
    )


def may_restore(
    actor: Actor, application: Application, *, now: datetime, sent: Sent | None = None
) -> Verdict:
    """Whether a withdrawn application may come back with the list it had sent."""
    return (
        may_edit(actor, application, now=now, sent=sent)
        .unless(
            application.state == ApplicationState.DRAFT,
            _("Esta solicitud no está retirada."),
            _("Revisa tu lista y envíala."),
        )
        .unless(
            bool(application.call.categories) and not application.category,
            _("Esta solicitud no tiene categoría."),
            _("Elígela en tus datos y envía tu lista."),
        )
    )


def what_counts(application: Application, sent: Sent | None) -> str:
    """Say which list takes part in the allocation, if any."""
    if sent is None or application.state == ApplicationState.DRAFT:
        return _("No enviaste ninguna lista, así que esta solicitud no participa.")
    facts = {"version": sent.number, "when": to_the_second(sent.at)}
    if application.state == ApplicationState.WITHDRAWN:
        return _("Retiraste esta solicitud, así que no participa.")
    return _("Cuenta tu envío del %(when)s (versión %(version)s).") % facts


def takes_applications(call: Call, *, now: datetime) -> Verdict:
    """Whether the call takes applications now, whoever sends them."""
    where = phase(call, now=now)
    if where is Phase.OPEN:
        return ALLOWED
    if where is Phase.CLOSED:
        return Verdict(
            False, _("La convocatoria cerró el %(when)s.") % {"when": to_the_second(call.closes_at)}
        )
    if where is Phase.ANNOUNCED:
        return Verdict(
            False,
            _("La convocatoria todavía no abre."),
            _("Abre el %(when)s.") % {"when": to_the_second(call.opens_at)},
        )
    return Verdict(False, _("Esta convocatoria no está publicada."))


# ------------------------------------------------------------------- a list


def check_list(
    call: Call,
    specialty_id: int | None,
    posts: Sequence[int],
    known: Mapping[int, PostFact],
    groups: Collection[str] | None = None,
) -> None:
    """Raise ``ListRefused`` with a sentence that names the post unless ``posts`` is a list the call takes.

    ``known`` holds whatever posts those ids belong to, of any call. With
    ``groups``, the classes of seats the person is of, no post may stand there of which they can get no seat.
    """
    if specialty_id is None:
        raise ListRefused(
            _("Todavía no eliges especialidad."), _("Elígela en tus datos y vuelve a tu lista.")
        )
    if len(posts) > LONGEST_LIST:
        raise ListRefused(
            _("La lista trae %(count)s opciones; ninguna convocatoria tiene tantas.")
            % {"count": number(len(posts))},
            _("Vuelve a abrir tu lista y ordénala ahí."),
        )
    _check_known(call, posts, known)
    _check_specialty(specialty_id, posts, known)
    _check_repeated(posts, known)
    _check_length(call, posts, known)
    if groups is not None:
        _check_open(call, posts, known, groups)


def classes_of_person(application: Application) -> set[str] | None:
    """The classes of seats that somebody may list posts of: theirs, and that of their category; ``None`` for all posts."""
    if not application.call.categories:
        return None
    own = Categories.of(application.call).group_of(application.category)
    return {*application.groups, *filter(None, [own])}


def in_reach(call: Call, offered: Sequence[PostFact], groups: Collection[str] | None) -> list[PostFact]:
    """Return the posts of which somebody of these classes can get a seat."""
    if groups is None:
        return list(offered)
    design = Design.of(call)
    return [post for post in offered if reaches(design, post.seats, post.reserved, groups)]


def _check_open(
    call: Call, posts: Sequence[int], known: Mapping[int, PostFact], groups: Collection[str]
) -> None:
    design = Design.of(call)
    closed = [
        known[post] for post in posts if not reaches(design, known[post].seats, known[post].reserved, groups)
    ]
    if closed:
        kept = ", ".join(f"«{design.label_of(key)}»" for key, count in closed[0].reserved.items() if count)
        raise ListRefused(
            _("%(post)s se guarda para %(kept)s: en tu categoría no puedes obtener ese lugar.")
            % {"post": named(closed), "kept": kept},
            _("Quítala de la lista, o revisa tu categoría en tus datos."),
            posts=[post.id for post in closed],
        )


def _check_known(call: Call, posts: Sequence[int], known: Mapping[int, PostFact]) -> None:
    if unknown := [post for post in posts if post not in known]:
        raise ListRefused(
            _("La lista trae una plaza que no existe (número %(id)s).") % {"id": str(unknown[0])[:20]},
            _("Vuelve a abrir tu lista y agrega la plaza desde la búsqueda."),
            posts=unknown[:_NAMED],
        )
    if foreign := [known[post] for post in posts if known[post].call_id != call.pk]:
        raise ListRefused(
            _("%(post)s es de otra convocatoria.") % {"post": named(foreign)},
            _("Quítala: aquí solo entran las de %(call)s.") % {"call": call.code},
            posts=[post.id for post in foreign],
        )


def _check_specialty(specialty_id: int, posts: Sequence[int], known: Mapping[int, PostFact]) -> None:
    if other := [known[post] for post in posts if known[post].specialty_id != specialty_id]:
        raise ListRefused(
            _("%(post)s no es de tu especialidad.") % {"post": named(other)},
            _("Quítala de la lista, o cambia la especialidad en tus datos."),
            posts=[post.id for post in other],
        )


def _check_repeated(posts: Sequence[int], known: Mapping[int, PostFact]) -> None:
    seen: set[int] = set()
    repeated = [post for post in posts if post in seen or seen.add(post)]  # type: ignore[func-returns-value]
    if repeated:
        raise ListRefused(
            _("%(post)s está dos veces.") % {"post": named([known[repeated[0]]])},
            _("Deja la que va más arriba y quita la otra."),
            posts=repeated,
        )


def _check_length(call: Call, posts: Sequence[int], known: Mapping[int, PostFact]) -> None:
    if call.max_choices is not None and len(posts) > call.max_choices:
        surplus = [known[post] for post in posts[call.max_choices :]]
        raise ListRefused(
            _("La lista tiene %(count)s opciones y esta convocatoria admite %(most)s.")
            % {"count": len(posts), "most": call.max_choices},
            _("Sobra: %(posts)s. Quita lo que menos quieras.") % {"posts": named(surplus)},
            posts=[post.id for post in surplus],
        )


def check_complete(call: Call, posts: Sequence[int], offered: Sequence[PostFact]) -> None:
    """Raise ``ListRefused`` unless a list that is about to be sent has something, and all it must have."""
    if not posts:
        raise ListRefused(_("Tu lista está vacía."), _("Agrega al menos una plaza antes de enviarla."))
    held = set(posts)
    missing = [post for post in offered if post.id not in held]
    if call.list_rule == ListRule.COMPLETE and missing:
        raise ListRefused(
            ngettext("Falta %(count)s sede: %(posts)s.", "Faltan %(count)s sedes: %(posts)s.", len(missing))
            % {"count": len(missing), "posts": named(missing)},
            _("Esta convocatoria pide ordenar todas. Agrégalas al final con un botón y acomódalas."),
            posts=[post.id for post in missing],
        )


def check_sendable(
    call: Call,
    specialty_id: int | None,
    merit: Sequence[str],
    posts: Sequence[int],
    *,
    known: Mapping[int, PostFact],
    offered: Sequence[PostFact],
    groups: Collection[str] | None = None,
) -> None:
    """Raise ``ListRefused`` unless an application with these values may be sent: list, completeness, merit."""
    check_list(call, specialty_id, posts, known, groups)
    check_complete(call, posts, in_reach(call, offered, groups))
    # What a panel records comes after the closing; a run refuses who still lacks it.
    if lacking := [each for each in missing_merit(call, merit) if not each.get("source")]:
        raise ListRefused(
            _("Falta un dato que ordena la asignación: %(label)s.") % {"label": lacking[0]["label"]},
            _("Escríbelo en tus datos.")
            if lacking[0].get("declared")
            else _("Lo carga la institución. Pregunta a: %(contact)s.") % {"contact": call.contact},
        )


def named(posts: Sequence[PostFact]) -> str:
    """Name the first few posts of ``posts``, and say how many more there are."""
    names = ", ".join(f"{post.name} ({post.key})" for post in posts[:_NAMED])
    more = len(posts) - _NAMED
    if more <= 0:
        return names
    return ngettext("%(names)s y %(more)s más", "%(names)s y %(more)s más", more) % {
        "names": names,
        "more": more,
    }


# -------------------------------------------------------------------- merit


def read_merit(criterion: Mapping[str, Any], text: str) -> str:
    """Return a declared value as the exact decimal string the order uses: always with the criterion's decimals.

    Raises ``DetailsRefused`` on the criterion's own field. A comma may stand for the point.
    """
    label, decimals = str(criterion["label"]), int(criterion["decimals"])
    field = f"criterion_{criterion['key']}"
    low, high = Decimal(str(criterion["minimum"])), Decimal(str(criterion["maximum"]))
    bounds = _("Va de %(low)s a %(high)s.") % {"low": low, "high": high}
    tidy = text.strip().replace(",", ".")
    try:
        value = Decimal(tidy) if len(tidy) <= 20 else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite():
        raise DetailsRefused(_("%(label)s: escribe un número.") % {"label": label}, bounds, field=field)
    if not low <= value <= high:
        raise DetailsRefused(
            _("%(label)s: %(value)s está fuera de lo que admite la convocatoria.")
            % {"label": label, "value": tidy},
            bounds,
            field=field,
        )
    exact = round(value, decimals)
    if exact != value:
        remedy = (
            ngettext(
                "Escríbelo con %(decimals)s decimal, como en tu documento.",
                "Escríbelo con %(decimals)s decimales, como en tu documento.",
                decimals,
            )
            % {"decimals": decimals}
            if decimals
            else _("Escríbelo sin decimales.")
        )
        raise DetailsRefused(
            _("%(label)s: %(value)s tiene más decimales de los que se usan.")
            % {"label": label, "value": tidy},
            remedy,
            field=field,
        )
    return f"{exact:.{decimals}f}"


def missing_merit(call: Call, merit: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the criteria of the call that have no value yet."""
    values = [*merit, *[""] * len(call.score_criteria)]
    return [criterion for criterion, value in zip(call.score_criteria, values, strict=False) if not value]
