"""What is wrong with a call before it is published. Pure: looks at a snapshot, asks nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cauce.base import figures
from cauce.calls.models import CallKind, ContractKind, ListRule, Tier
from cauce.calls.rules.categories import category_faults
from cauce.calls.rules.coverage import coverage_faults
from cauce.calls.rules.design_faults import design_faults
from cauce.calls.rules.drafting import criterion_problem
from cauce.calls.rules.freezing import ZONE, PostFacts, Snapshot
from cauce.calls.rules.lottery import lottery_faults
from cauce.calls.rules.panels import rubric_lacks
from cauce.calls.rules.requirements import requirement_faults
from cauce.calls.rules.weekdays import Mention, mentions

SHORT_TEXT = 400


class Severity(StrEnum):
    BLOCKS = "blocks"
    WARNS = "warns"


class Section(StrEnum):
    """The page of the desk where a finding is put right."""

    GENERAL = "general"
    CALENDAR = "calendar"
    SCOPE = "scope"
    ORDER = "order"
    DESIGN = "design"
    CATEGORIES = "categories"
    REQUIREMENTS = "requirements"
    POSTS = "posts"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: where, in a sentence, and what to do.

    ``code`` and ``about`` say the same to programs, whatever the language;
    ``key`` is what a manager acknowledges, so a finding that changes must be
    acknowledged again.
    """

    code: str
    severity: Severity
    section: Section
    about: str
    place: str
    sentence: str
    remedy: str

    @property
    def key(self) -> str:
        return f"{self.code}:{self.about}"

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCKS


def lint(call: Snapshot, *, now: datetime) -> tuple[Finding, ...]:
    """Return what is wrong with ``call``, what blocks first, then in the order of the desk's pages."""
    found = [finding for check in _CHECKS for finding in check(call, now)]
    return tuple(
        sorted(found, key=lambda finding: (not finding.blocks, list(Section).index(finding.section)))
    )


def lint_dates(call: Snapshot, *, now: datetime) -> tuple[Finding, ...]:
    """Return only what is wrong with the calendar and with the dates written in the texts of ``call``."""
    return tuple(finding for check in (_calendar, _weekdays) for finding in check(call, now))


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.blocks)


def warnings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if not finding.blocks)


# ------------------------------------------------------------------- general


def _general(call: Snapshot, now: datetime) -> Iterator[Finding]:
    missing = (
        ("no-title", call.title, _("Título"), _("La convocatoria no tiene título."), _("Escribir el título.")),
        (
            "no-authority", call.issuing_authority, _("Autoridad que convoca"),
            _("No dice quién convoca."), _("Escribir la autoridad que la emite, con su cargo o área."),
        ),
        (
            "no-legal-basis", call.legal_basis, _("Fundamento"),
            _("No dice en qué ley, acuerdo o contrato se funda."), _("Escribir el fundamento legal."),
        ),
        (
            "no-contact", call.contact, _("Contacto"),
            _("Nadie puede preguntar: falta el contacto."),
            _("Escribir un nombre o área, con teléfono o correo."),
        ),
        (
            "no-rules-text", call.rules_text, _("Bases"),
            _("Las bases están en blanco."), _("Escribir las bases: son lo que obliga."),
        ),
    )  # fmt: skip
    for code, value, place, sentence, remedy in missing:
        if not value.strip():
            yield Finding(code, Severity.BLOCKS, Section.GENERAL, "", place, sentence, remedy)
    length = len(call.rules_text.strip())
    if 0 < length < SHORT_TEXT:
        yield Finding(
            "short-rules-text", Severity.WARNS, Section.GENERAL, str(length), _("Bases"),
            _("Las bases tienen %(length)s caracteres: es difícil que digan todo lo que obliga.")
            % {"length": figures.number(length)},
            _("Revisar que digan requisitos, orden, desempates, resultados e inconformidades."),
        )  # fmt: skip
    if call.contact.strip() and not any(
        character.isdigit() or character == "@" for character in call.contact
    ):
        yield Finding(
            "contact-unreachable", Severity.WARNS, Section.GENERAL, call.contact, _("Contacto"),
            _("El contacto no tiene teléfono ni correo."), _("Agregar un teléfono o un correo."),
        )  # fmt: skip


def _institution(call: Snapshot, now: datetime) -> Iterator[Finding]:
    institution = call.institution
    begins, ends = institution.valid_from, institution.valid_until
    if ends and ends < _day(call.closes_at):
        sentence, day = _("%(name)s dejó de existir el %(day)s, antes del cierre."), ends
    elif begins and begins > _day(call.opens_at):
        sentence, day = _("%(name)s existe desde el %(day)s, después de la apertura."), begins
    else:
        return
    yield Finding(
        "institution-validity", Severity.BLOCKS, Section.GENERAL, institution.code, _("Institución"),
        sentence % {"name": institution.name, "day": figures.day(day)},
        _("Convocar con la institución vigente en esas fechas."),
    )  # fmt: skip


# ------------------------------------------------------------------ calendar


def _calendar(call: Snapshot, now: datetime) -> Iterator[Finding]:
    moments = (call.opens_at, call.closes_at, call.results_at)
    if not call.opens_at < call.closes_at < call.results_at:
        yield Finding(
            "dates-out-of-order", Severity.BLOCKS, Section.CALENDAR,
            "|".join(moment.isoformat() for moment in moments), _("Calendario"),
            _("La apertura, el cierre y los resultados no van en ese orden."), _("Corregir las fechas."),
        )  # fmt: skip
    if call.closes_at <= now:
        yield Finding(
            "closes-in-the-past", Severity.BLOCKS, Section.CALENDAR, call.closes_at.isoformat(), _("Cierre"),
            _("El cierre, %(moment)s, ya pasó.") % {"moment": figures.moment(call.closes_at)},
            _("Mover el cierre a una fecha futura."),
        )  # fmt: skip
    elif call.opens_at < now:
        yield Finding(
            "opens-in-the-past", Severity.WARNS, Section.CALENDAR, call.opens_at.isoformat(), _("Apertura"),
            _("La apertura, %(moment)s, ya pasó: se abriría en el momento de publicarla.")
            % {"moment": figures.moment(call.opens_at)},
            _("Revisar que sea lo que se quiere."),
        )  # fmt: skip
    given_back = timedelta(minutes=call.outage_window + call.outage_grace)
    if call.closes_at < call.results_at < call.closes_at + given_back:
        yield Finding(
            "outage-cut", Severity.WARNS, Section.CALENDAR, str(given_back), _("Interrupciones"),
            _("Si el sitio falla antes del cierre, los resultados llegan antes de que se pueda devolver todo ese tiempo."),
            _("Dejar más tiempo entre el cierre y los resultados, o declarar menos minutos."),
        )  # fmt: skip
    for entry in call.entries:
        if entry.ends_at and entry.ends_at < entry.starts_at:
            yield Finding(
                "entry-ends-before-start", Severity.BLOCKS, Section.CALENDAR, entry.label, entry.label,
                _("«%(label)s» termina antes de empezar.") % {"label": entry.label}, _("Corregir sus fechas."),
            )  # fmt: skip


def _weekdays(call: Snapshot, now: datetime) -> Iterator[Finding]:
    for entry in call.entries:
        begins, ends = _day(entry.starts_at), _day(entry.ends_at or entry.starts_at)
        for mention in mentions(entry.as_written, near=begins):
            about = f"{entry.label}|{mention.words}"
            if not mention.agrees:
                yield _wrong_weekday(mention, call, Section.CALENDAR, entry.label, about)
            if mention.on and not begins <= mention.on <= ends:
                yield Finding(
                    "written-date-differs", Severity.WARNS, Section.CALENDAR, about, entry.label,
                    _("El texto dice «%(words)s», pero su fecha en el calendario es %(day)s.")
                    % {"words": mention.words, "day": figures.day(begins, weekday=True)},
                    _("Corregir la fecha o el texto."),
                )  # fmt: skip
    for name, section, place, text in (
        ("rules", Section.GENERAL, _("Bases"), call.rules_text),
        ("summary", Section.GENERAL, _("Resumen"), call.summary),
        ("lottery", Section.ORDER, _("Sorteo"), call.lottery.words),
    ):
        for mention in mentions(text, near=_day(call.opens_at)):
            if not mention.agrees:
                yield _wrong_weekday(mention, call, section, place, f"{name}|{mention.words}")


def _wrong_weekday(mention: Mention, call: Snapshot, section: Section, place: str, about: str) -> Finding:
    if mention.on is None:
        sentence = _("Dice «%(words)s», y ese día no existe.") % {"words": mention.words}
        return Finding(
            "no-such-day", Severity.WARNS, section, about, place, sentence, _("Corregir la fecha.")
        )
    sentence = _("Dice «%(words)s», pero ese día es %(right)s.") % {
        "words": mention.words,
        "right": figures.day(mention.on, weekday=True),
    }
    if mention.on == _day(call.closes_at):
        sentence += " " + _("Es el día del cierre.")
    return Finding(
        "weekday", Severity.WARNS, section, about, place, sentence,
        _("Decidir cuál vale, el día de la semana o la fecha, y corregir el texto."),
    )  # fmt: skip


# --------------------------------------------------------------------- scope


def _scope(call: Snapshot, now: datetime) -> Iterator[Finding]:
    if not call.states:
        yield Finding(
            "no-states", Severity.BLOCKS, Section.SCOPE, "", _("Estados"),
            _("No abarca ningún estado."), _("Elegir los estados."),
        )  # fmt: skip
    if not call.specialties:
        yield Finding(
            "no-specialties", Severity.BLOCKS, Section.SCOPE, "", _("Especialidades"),
            _("No ofrece ninguna especialidad."), _("Elegir las especialidades."),
        )  # fmt: skip
    with_posts = {post.specialty for post in call.posts}
    if call.posts:
        for specialty in call.specialties:
            if specialty.code not in with_posts:
                grave = specialty.tier == Tier.CORE or call.list_rule == ListRule.COMPLETE
                yield Finding(
                    "specialty-without-posts", Severity.BLOCKS if grave else Severity.WARNS, Section.SCOPE,
                    specialty.code, specialty.name,
                    _("%(name)s se ofrece, pero no tiene plazas: quien la elija no podrá pedir nada.")
                    % {"name": specialty.name},
                    _("Agregar sus plazas o quitarla de la convocatoria."),
                )  # fmt: skip
        states = {post.state for post in call.posts}
        for key, name in call.states:
            if key not in states:
                yield Finding(
                    "state-without-posts", Severity.WARNS, Section.SCOPE, key, name,
                    _("%(name)s está en la convocatoria, pero no tiene plazas.") % {"name": name},
                    _("Agregar sus plazas o quitar el estado."),
                )  # fmt: skip


# --------------------------------------------------------------------- order


def _order(call: Snapshot, now: datetime) -> Iterator[Finding]:
    if not call.score_criteria:
        yield Finding(
            "lottery-alone", Severity.WARNS, Section.ORDER, "", _("Orden"),
            _("No hay criterios: todo el orden lo da el sorteo."), _("Agregar al menos un criterio."),
        )  # fmt: skip
    keys = Counter(str(criterion.get("key", "")) for criterion in call.score_criteria)
    for number, criterion in enumerate(call.score_criteria, 1):
        label = str(criterion.get("label") or "").strip()
        place = _("Criterio %(number)s") % {"number": number} + (f", {label}" if label else "")
        if problem := criterion_problem(criterion, keys):
            yield Finding(
                "criterion", Severity.BLOCKS, Section.ORDER, f"{number}|{criterion.get('key', '')}", place,
                problem, _("Corregir el criterio."),
            )  # fmt: skip
    if not call.lottery_commitment:
        yield Finding(
            "no-lottery", Severity.BLOCKS, Section.ORDER, "", _("Sorteo"),
            _("El sorteo no está sellado: los empates no tendrían salida."), _("Sellar el sorteo."),
        )  # fmt: skip


def _lottery(call: Snapshot, now: datetime) -> Iterator[Finding]:
    if call.results_at <= call.closes_at:
        return  # said already, and nothing fits between them
    given_back = timedelta(minutes=call.outage_window + call.outage_grace)
    for fault in lottery_faults(
        call.lottery, closes_at=call.closes_at, results_at=call.results_at, given_back=given_back
    ):
        yield Finding(
            fault.code, Severity.BLOCKS if fault.blocks else Severity.WARNS, Section.ORDER, fault.about, _("Sorteo"),
            fault.sentence, fault.remedy,
        )  # fmt: skip


# ---------------------------------------------------------------- other kinds


def _recorded(call: Snapshot, now: datetime) -> Iterator[Finding]:
    """What panels and profile reviews record, and the order that needs it."""
    for lack in rubric_lacks(call.score_criteria, call.rubric, call.profile):
        yield Finding(
            lack.code, Severity.BLOCKS, Section.ORDER, "", _("Lo que se califica"), lack.sentence, lack.remedy
        )


def _teams(call: Snapshot, now: datetime) -> Iterator[Finding]:
    if call.kind != CallKind.TEAMS:
        return
    for fault in coverage_faults(call):
        yield Finding(
            fault.code, Severity.BLOCKS if fault.blocks else Severity.WARNS, Section.POSTS, fault.about,
            fault.place, fault.sentence, fault.remedy,
        )  # fmt: skip


# --------------------------------------------------------------------- posts


def _posts(call: Snapshot, now: datetime) -> Iterator[Finding]:
    if not call.posts:
        yield Finding(
            "no-posts", Severity.BLOCKS, Section.POSTS, "", _("Plazas"),
            _("No hay plazas."), _("Agregar las plazas, una por una o todas de una tabla."),
        )  # fmt: skip
    duplicates: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for post in call.posts:
        duplicates[
            (post.institution, post.state, post.site, post.specialty, post.shift, post.contract)
        ].append(post.key)
        training = post.contract == ContractKind.TRAINING
        if training != (call.kind == CallKind.RESIDENCY):
            yield Finding(
                "contract-of-another-kind", Severity.WARNS, Section.POSTS, post.key,
                _("Plaza %(key)s") % {"key": post.key},
                _("Su contrato es «%(contract)s», que no es de una convocatoria de este tipo.")
                % {"contract": ContractKind(post.contract).label},
                _("Corregir el contrato de la plaza o el tipo de la convocatoria."),
            )  # fmt: skip
    for keys in duplicates.values():
        if len(keys) > 1:
            yield Finding(
                "posts-alike", Severity.WARNS, Section.POSTS, "|".join(sorted(keys)),
                _("Plazas %(keys)s") % {"keys": ", ".join(sorted(keys))},
                _("Son de la misma sede, especialidad, turno y contrato."),
                _("Quitar las repetidas, o sumar sus lugares en una sola."),
            )  # fmt: skip


def _invisible(call: Snapshot, now: datetime) -> Iterator[Finding]:
    """A post that no eligible person could find or choose."""
    offered = {specialty.code for specialty in call.specialties}
    states = {key for key, _name in call.states}
    opens, closes = _day(call.opens_at), _day(call.closes_at)
    for post in call.posts:
        reasons = _why_invisible(post, offered, states, opens, closes)
        for code, sentence, remedy in reasons:
            yield Finding(
                code, Severity.BLOCKS, Section.POSTS, post.key,
                _("Plaza %(key)s, %(site)s") % {"key": post.key, "site": post.site}, sentence, remedy,
            )  # fmt: skip


def _why_invisible(
    post: PostFacts, offered: set[str], states: set[str], opens: date, closes: date
) -> Iterator[tuple[str, str, str]]:
    names = {"specialty": post.specialty_name, "state": post.state_name}
    if post.specialty not in offered:
        yield (
            "invisible-specialty",
            _("Nadie la vería: %(specialty)s no está entre las especialidades de la convocatoria.") % names,
            _("Agregar la especialidad o quitar la plaza."),
        )
    if post.state not in states:
        yield (
            "invisible-state",
            _("Nadie la vería: %(state)s no está entre los estados de la convocatoria.") % names,
            _("Agregar el estado o quitar la plaza."),
        )
    if not post.municipality.strip() or not post.care_level:
        yield (
            "invisible-site",
            _("Nadie la encontraría: a su sede le falta el municipio o el nivel de atención."),
            _("Completar la sede en el catálogo."),
        )
    begins, ends = post.specialty_valid_from, post.specialty_valid_until
    if (begins and begins > opens) or (ends and ends < closes):
        yield (
            "invisible-validity",
            _("Nadie podría elegirla: %(specialty)s no está vigente en las fechas de la convocatoria.")
            % names,
            _("Elegir la especialidad vigente."),
        )


# --------------------------------------------------------------------- lists


def _lists(call: Snapshot, now: datetime) -> Iterator[Finding]:
    sizes = Counter(post.specialty for post in call.posts)
    if not sizes:
        return
    names = {post.specialty: post.specialty_name for post in call.posts}
    longest = max(sizes.values())
    if call.list_rule == ListRule.COMPLETE:
        for code, size in sorted(sizes.items()):
            if size == 1:
                yield Finding(
                    "list-of-one", Severity.WARNS, Section.GENERAL, code, names[code],
                    _("Hay que ordenar todas las sedes, pero %(name)s solo tiene una.") % {"name": names[code]},
                    _("Revisar que no falten sedes."),
                )  # fmt: skip
        if call.max_choices is not None and call.max_choices < longest:
            yield Finding(
                "complete-list-too-long", Severity.BLOCKS, Section.GENERAL, str(call.max_choices),
                _("Opciones por lista"),
                ngettext(
                    "Hay que ordenar todas las sedes, hasta %(longest)s, pero la lista admite %(most)s.",
                    "Hay que ordenar todas las sedes, hasta %(longest)s, pero la lista admite %(most)s.",
                    longest,
                )
                % {"longest": figures.number(longest), "most": figures.number(call.max_choices)},
                _("Quitar el máximo de opciones."),
            )  # fmt: skip
    elif call.max_choices is not None and call.max_choices > longest:
        yield Finding(
            "limit-beyond-any-list", Severity.WARNS, Section.GENERAL, str(call.max_choices),
            _("Opciones por lista"),
            _("El máximo es de %(most)s opciones, pero ninguna especialidad tiene más de %(longest)s plazas.")
            % {"most": figures.number(call.max_choices), "longest": figures.number(longest)},
            _("Bajar el máximo o quitarlo."),
        )  # fmt: skip


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


# -------------------------------------------------------------------- design


def _design(call: Snapshot, now: datetime) -> Iterator[Finding]:
    for fault in design_faults(call):
        yield Finding(
            fault.code, Severity.BLOCKS if fault.blocks else Severity.WARNS, Section.DESIGN, fault.about,
            fault.place, fault.sentence, fault.remedy,
        )  # fmt: skip


# -------------------------------------------------------------- requirements


def _requirements(call: Snapshot, now: datetime) -> Iterator[Finding]:
    for code, blocks, asked, sentence, remedy in requirement_faults(
        call.requirements, closes_at=call.closes_at, results_at=call.results_at, admitted=call.categories.keys
    ):
        yield Finding(
            code, Severity.BLOCKS if blocks else Severity.WARNS, Section.REQUIREMENTS, asked.key, asked.name,
            sentence, remedy,
        )  # fmt: skip


def _categories(call: Snapshot, now: datetime) -> Iterator[Finding]:
    if not (call.categories.categories or call.partners):
        return
    for fault in category_faults(
        call.categories,
        call.partners,
        call.design,
        call.posts,
        opens_at=call.opens_at,
        closes_at=call.closes_at,
    ):
        yield Finding(
            fault.code, Severity.BLOCKS if fault.blocks else Severity.WARNS, Section.CATEGORIES, fault.about,
            fault.place, fault.sentence, fault.remedy,
        )  # fmt: skip


_CHECKS: tuple[Callable[[Snapshot, datetime], Iterator[Finding]], ...] = (
    _general,
    _institution,
    _calendar,
    _weekdays,
    _scope,
    _order,
    _lottery,
    _posts,
    _invisible,
    _lists,
    _design,
    _categories,
    _requirements,
    _recorded,
    _teams,
)
