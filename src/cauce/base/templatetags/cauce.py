"""The tags of every screen. Each is shown, in every state, on the page ``/ui/``; the law behind them is the look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext

from cauce.base import drawing, figures

register = template.Library()

register.filter("number", figures.number)
register.filter("whole", figures.whole)
register.filter("percent", figures.percent)
register.filter("pesos", figures.pesos)
register.filter("day", figures.day)
register.filter("clock", figures.clock)
register.filter("file_size", figures.size)

STATES = ("", "now", "ok", "warn", "bad", "you")
NOTES = {
    "info": "info",
    "ok": "check",
    "warn": "alert",
    "bad": "alert",
    "you": "person",
    "offline": "offline",
}
# Levels of django.contrib.messages.
LEVELS = {"debug": "info", "info": "info", "success": "ok", "warning": "warn", "error": "bad"}


# ------------------------------------------------------------ small pieces


@cache
def _symbols() -> frozenset[str]:
    drawings = (drawing.STATIC / "symbols.svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="([\w-]+)"', drawings))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw a symbol; without ``label`` it is ornament beside a word. Raises for a name that does not exist."""
    if name not in _symbols():
        raise template.TemplateSyntaxError(f"no symbol is called {name!r}; see /ui/")
    says = format_html(' role="img" aria-label="{}"', label) if label else mark_safe(' aria-hidden="true"')
    return format_html('<svg class="i"{}><use href="{}#{}"/></svg>', says, static("base/symbols.svg"), name)


@register.simple_tag
def symbols() -> list[str]:
    """Return the names of all symbols, for the page that shows them."""
    return sorted(_symbols())


@register.simple_tag
def state(kind: str, label: str) -> SafeString:
    """Show the state of a thing: shape, word and colour."""
    if kind not in STATES:
        raise template.TemplateSyntaxError(f"a state is one of {STATES}, not {kind!r}")
    return format_html('<span class="c-state{}">{}</span>', f" is-{kind}" if kind else "", label)


@register.simple_tag(name="when", takes_context=True)
def when_(
    context: template.Context,
    value: date | datetime | None,
    weekday: bool = False,
    zone: bool = False,
    now: datetime | None = None,
    only: str = "",
) -> SafeString | str:
    """Show a day, or a day and its time, as ``<time>``; ``only="day"`` leaves the time out.

    ``zone`` is for hours that bind: they name the zone they are told in and, to a reader who lives by another time,
    say theirs too.
    """
    reader = getattr(context.get("actor"), "time_zone", "") if zone else ""
    return when(value, weekday=weekday, zone=zone, now=now, only=only, reader=reader)


def when(
    value: date | datetime | None,
    *,
    weekday: bool = False,
    zone: bool = False,
    now: datetime | None = None,
    only: str = "",
    reader: str = "",
) -> SafeString | str:
    """As the tag; ``reader`` is the reader's own time zone."""
    if value is None:
        return figures.missing()
    if isinstance(value, datetime) and only != "day":
        words = figures.moment(value, weekday=weekday, zone=zone)
        if reader and (theirs := figures.local_clock(value, reader)):
            words = f"{words} ({theirs})"
        stamp = (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat(
            timespec="seconds"
        )
    else:
        words = figures.day(value, weekday=weekday)
        stamp = (timezone.localtime(value).date() if isinstance(value, datetime) else value).isoformat()
    if now is not None:
        words = f"{words} ({figures.days_away(value, now)})"
    return format_html('<time datetime="{}">{}</time>', stamp, words)


@register.simple_tag(name="hash")
def hash_(digest: str, full: bool = False, name: str = "sha256") -> SafeString:
    """Show a digest: its ends, or whole in pieces that wrap and still copy as one."""
    if full or len(digest) <= 24:
        pieces = format_html_join(
            mark_safe("<wbr>"), "{}", ((digest[i : i + 8],) for i in range(0, len(digest), 8))
        )
    else:
        pieces = format_html("{} {} {} … {}", digest[:4], digest[4:8], digest[8:12], digest[-4:])
        return format_html('<span class="c-hash u-nowrap">{} {}</span>', name, pieces)
    return format_html('<span class="c-hash">{} {}</span>', name, pieces)


@register.simple_tag
def download(href: str, label: str, size: int | None = None) -> SafeString:
    """Link a file, with its size if known."""
    weight = f" ({figures.size(size)})" if size else ""
    return format_html(
        '<a class="c-download" href="{}" download>{}<span>{}{}</span></a>',
        href,
        icon("down-file"),
        label,
        weight,
    )


@register.simple_tag
def crumbs(*parts: Any) -> SafeString:
    """Say where the page is: label, url, label, url, …; a last label without url is the place itself."""
    pairs = [(parts[i], parts[i + 1] if i + 1 < len(parts) else "") for i in range(0, len(parts), 2)]
    rows = format_html_join(
        "",
        "<li>{}</li>",
        (
            (format_html('<a href="{}">{}</a>', url, figures.whole(label)) if url else figures.whole(label),)
            for label, url in pairs
        ),
    )
    return format_html(
        '<nav aria-label="{}"><ol class="c-crumbs">{}</ol></nav>', gettext("Dónde estás"), rows
    )


# ------------------------------------------------------------ parts of a page


@register.simple_block_tag
def page_head(content: str, title: str, lead: str = "", lang: str = "") -> SafeString:
    """The one h1, the one sentence, and then the state, the date and the one action.

    ``lang`` is the language of title and lead when people wrote them and they are not translated.
    """
    tongue = format_html(' lang="{}"', lang) if lang else ""
    said = format_html('<p class="c-lead"{}>{}</p>', tongue, figures.whole(lead)) if lead else ""
    return format_html(
        '<div class="c-head"><h1{}>{}</h1>{}{}</div>', tongue, figures.whole(title), said, content
    )


@register.simple_block_tag
def section(content: str, title: str, id: str = "", aside: str = "") -> SafeString:
    """A part of a page under its double rule; ``aside`` stands at the end of the title's line."""
    anchor = id or slugify(title) or "parte"
    head = format_html('<h2 id="{}">{}</h2>', anchor, title)
    if aside:
        head = format_html(
            '<div class="c-sec-head">{}<span class="small u-mute">{}</span></div>', head, aside
        )
    return format_html('<section class="c-sec" aria-labelledby="{}">{}{}</section>', anchor, head, content)


@register.simple_block_tag
def panel(content: str) -> SafeString:
    """A small set of facts that must stay together."""
    return format_html('<div class="c-panel">{}</div>', content)


@register.simple_block_tag
def more(content: str, summary: str, open: bool = False, id: str = "") -> SafeString:
    """What not everyone must read: sources, rules, data of a chart."""
    return format_html(
        '<details class="c-more"{}{}><summary>{}</summary>{}</details>',
        format_html(' id="{}"', id) if id else "",
        mark_safe(" open") if open else "",
        summary,
        content,
    )


@register.simple_block_tag
def filters(content: str, count: int = 0) -> SafeString:
    """Fold a filter form on phones; ``count`` says how many are put."""
    title = gettext("Filtrar")
    if count:
        title = ngettext("Filtrar (%(count)s puesto)", "Filtrar (%(count)s puestos)", count) % {
            "count": count
        }
    return format_html(
        '<details class="c-more c-filters"><summary>{}</summary><div>{}</div></details>', title, content
    )


@register.simple_block_tag
def scroll(content: str, label: str) -> SafeString:
    """A wide table that scrolls inside its own region, reachable by keyboard."""
    return format_html(
        '<div class="c-scroll" tabindex="0" role="region" aria-label="{}">{}</div>', label, content
    )


@register.simple_block_tag
def note(content: str, kind: str = "info", title: str = "", live: bool = False) -> SafeString:
    """A message where the thing is, with its remedy. ``live`` announces it; a level of messages is a kind too."""
    kind = LEVELS.get(kind, kind)
    if kind not in NOTES:
        raise template.TemplateSyntaxError(f"a note is one of {tuple(NOTES)}, not {kind!r}")
    lead = format_html("<strong>{}</strong> ", title) if title else ""
    if content.lstrip().startswith(("<p", "<ul", "<ol", "<div", "<form", "<dl")):
        text = format_html("<div>{}{}</div>", format_html("<p>{}</p>", lead) if lead else "", content)
    else:
        text = format_html("<p>{}{}</p>", lead, content)
    role = format_html(' role="{}"', "alert" if kind == "bad" else "status") if live else ""
    look = {"info": "", "offline": " is-warn"}.get(kind, f" is-{kind}")
    return format_html('<div class="c-note{}"{}>{}{}</div>', look, role, icon(NOTES[kind]), text)


@register.simple_block_tag
def empty_state(content: str, title: str, level: int = 3) -> SafeString:
    """What will be here and the first step, or which filter to remove."""
    return format_html('<div class="c-empty"><h{0}>{1}</h{0}>{2}</div>', int(level), title, content)


@register.simple_block_tag
def chart(content: str, finding: str, measured: str) -> SafeString:
    """A drawing under its finding, in a sentence, and what is measured, unit and years."""
    return format_html(
        '<figure class="c-chart"><figcaption><b>{}</b><span>{}</span></figcaption>{}</figure>',
        finding,
        measured,
        content,
    )


# ------------------------------------------------------------ verdicts


@register.simple_tag
def why_not(verdict: Any, href: str = "", action: str = "") -> SafeString:
    """Say why something may not be done and what to do; nothing when ``verdict`` allows it."""
    if verdict:
        return mark_safe("")
    reason = getattr(verdict, "reason", "") or gettext("Esto no se puede hacer ahora.")
    remedy = getattr(verdict, "remedy", "")
    link = format_html(' <a href="{}">{}</a>', href, action) if href else ""
    words = format_html("{}{}{}", reason, format_html(" {}", remedy) if remedy else "", link)
    return format_html('<p class="c-why-not">{}<span>{}</span></p>', icon("lock"), words)


@register.simple_block_tag
def may(content: SafeString, verdict: Any, href: str = "", action: str = "") -> SafeString:
    """Show the body when ``verdict`` allows, otherwise its reason in the body's place."""
    return content if verdict else why_not(verdict, href, action)


# ------------------------------------------------------------ bed and water


@register.inclusion_tag("base/tags/steps.html")
def steps(items: Iterable[Sequence[str]], label: str = "") -> dict[str, Any]:
    """Draw stages known beforehand; items are (label, state), state one of done, now, you or empty."""
    rows = [
        {
            "label": name,
            "is_done": kind == "done",
            "is_now": kind in ("now", "you"),
            "is_you": kind == "you",
            "number": place,
        }
        for place, (name, kind, *_) in enumerate(items, start=1)
    ]
    return {"rows": rows, "count": len(rows), "label": label or gettext("Pasos")}


@register.simple_block_tag
def course(content: str, lines: bool = False, label: str = "") -> SafeString:
    """The vertical line of a timeline or an explanation; holds ``moment``s."""
    return format_html(
        '<ol class="c-course{}"{}>{}</ol>',
        " has-lines" if lines else "",
        format_html(' aria-label="{}"', label) if label else "",
        content,
    )


@register.simple_block_tag
def moment(content: str, kind: str = "", at: date | datetime | None = None, words: str = "") -> SafeString:
    """One point of a course; ``kind`` is done, now, you, stop (several by space) or empty for what is to come."""
    kinds = kind.split()
    if unknown := set(kinds) - {"done", "now", "you", "stop"}:
        raise template.TemplateSyntaxError(
            f"a moment is done, now, you, stop or empty, not {', '.join(unknown)}"
        )
    spoken = words or _moment_words(kinds)
    return format_html(
        '<li{}{}><span class="visually-hidden">{}</span>{}{}</li>',
        format_html(' class="{}"', " ".join(f"is-{one}" for one in kinds)) if kinds else "",
        mark_safe(' aria-current="step"') if "now" in kinds or kinds == ["you"] else "",
        f"{spoken}: ",
        content,
        format_html('<p class="c-when">{}</p>', when(at)) if at else "",
    )


def _moment_words(kinds: list[str]) -> str:
    if "now" in kinds:
        return gettext("Ahora")
    if "stop" in kinds:
        return gettext("Se detuvo")
    if "done" in kinds:
        return gettext("Hecho")
    return gettext("Ahora") if kinds else gettext("Por venir")


# ------------------------------------------------------------ facts and checks


@register.simple_block_tag
def facts(content: str, source: str = "", href: str = "") -> SafeString:
    """Numbers that stand alone; either each names its source or ``source`` names that of all.

    Raises for a number without a source.
    """
    if not source and content.count('class="c-fact"') > content.count('class="c-src"'):
        raise template.TemplateSyntaxError(
            "a fact needs a source with its date, its own or that of its facts"
        )
    return format_html('<dl class="c-facts">{}</dl>{}', content, _source(source, href) if source else "")


@register.simple_tag
def fact(value: Any, label: str, note: str = "", source: str = "", href: str = "") -> SafeString:
    """A number, what it counts, and where and when it comes from."""
    return format_html(
        '<div class="c-fact"><dt>{}</dt><dd><span class="v">{}</span>{}{}</dd></div>',
        label,
        value,
        format_html('<span class="u-mute small">{}</span>', note) if note else "",
        _source(source, href) if source else "",
    )


def _source(source: str, href: str) -> SafeString:
    said = format_html('<a href="{}">{}</a>', href, source) if href else conditional_escape(source)
    return format_html('<p class="c-src">{} {}</p>', gettext("Fuente:"), said)


@register.simple_block_tag
def checks(content: str, label: str = "") -> SafeString:
    """Properties with their witness."""
    says = format_html(' aria-label="{}"', label) if label else ""
    return format_html('<ul class="c-checks"{}>{}</ul>', says, content)


@register.simple_tag
def check(kind: str, code: str, text: str, witness: str = "") -> SafeString:
    """One property: ok (it holds), bad (it does not) or wait (not looked at yet)."""
    symbol, look, spoken = {
        "ok": ("check", "", gettext("se cumple")),
        "bad": ("close", "is-bad", gettext("no se cumple")),
        "wait": ("clock", "is-wait", gettext("por revisar")),
    }[kind]
    return format_html(
        '<li{}>{}<b>{}</b><span>{}<span class="visually-hidden">: {}</span></span><span class="n">{}</span></li>',
        format_html(' class="{}"', look) if look else "",
        icon(symbol),
        code,
        text,
        spoken,
        witness,
    )


# ------------------------------------------------------------ navigation


@register.simple_tag
def rail(title: str, items: Iterable[Sequence[Any]]) -> SafeString:
    """A group of the desk's rail; items are (label, url, count or empty, is_current)."""
    rows = format_html_join(
        "",
        '<li><a href="{}"{}><span>{}</span>{}</a></li>',
        (
            (
                url,
                mark_safe(' aria-current="page"') if current else "",
                label,
                ""
                if count in ("", None)
                else format_html(' <span class="n">{}</span>', figures.number(count)),
            )
            for label, url, count, current in items
        ),
    )
    return format_html("<h2>{}</h2><ul>{}</ul>", title, rows)


@register.simple_tag
def rails(groups: Iterable[tuple[str, Iterable[Sequence[Any]]]]) -> SafeString:
    """The whole rail of a desk: groups with their titles."""
    return format_html_join("", "{}", ((rail(title, items),) for title, items in groups))


@register.simple_tag
def dock_link(url: str, label: str, symbol: str = "", current: bool = False) -> SafeString:
    """One of the four places of the phone's dock."""
    return format_html(
        '<a href="{}"{}>{}<span>{}</span></a>',
        url,
        mark_safe(' aria-current="page"') if current else "",
        icon(symbol) if symbol else "",
        label,
    )


def _query(context: template.Context) -> MultiValueDict[str, str]:
    request = context.get("request")
    return MultiValueDict(request.GET.lists() if request is not None else {})


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """Return the current query string with ``changes``; an empty value removes the name."""
    query = _query(context)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{urlencode(list(query.lists()), doseq=True)}"


@register.inclusion_tag("base/tags/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Any, label: str = "", name: str = "p") -> dict[str, Any]:
    """Links to the pages of a Django ``Page``; keeps the rest of the query string. Nothing for a single page."""
    paginator = page.paginator
    numbers = paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)

    def link(number: int) -> str:
        return query_with(context, **{name: number})

    return {
        "label": label or gettext("Páginas"),
        "is_needed": paginator.num_pages > 1,
        "previous": link(page.previous_page_number()) if page.has_previous() else "",
        "next": link(page.next_page_number()) if page.has_next() else "",
        "pages": [
            {"text": figures.number(n), "url": link(n), "is_current": n == page.number}
            if isinstance(n, int)
            else {"text": n}
            for n in numbers
        ],
    }


@register.simple_tag(takes_context=True)
def sorted_th(
    context: template.Context, label: str, key: str, num: bool = False, name: str = "o"
) -> SafeString:
    """The head of a column that sorts by link: first upwards, then downwards (``-key``)."""
    chosen = _query(context).get(name, "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(chosen, "")
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}</a></th>',
        mark_safe(' class="num"') if num else "",
        format_html(' aria-sort="{}"', direction) if direction else "",
        query_with(context, **{name: f"-{key}" if direction == "ascending" else key, "p": ""}),
        label,
    )


@register.simple_tag
def chips(items: Iterable[Sequence[str]], label: str = "") -> SafeString:
    """The filters that are put; each link takes its own away. Nothing if there are none."""
    rows = format_html_join(
        "",
        '<li><a href="{}">{} {}<span class="visually-hidden">{}</span></a></li>',
        ((href, name, icon("close"), gettext("quitar filtro")) for name, href in items),
    )
    if not rows:
        return mark_safe("")
    return format_html(
        '<ul class="c-chips" aria-label="{}">{}</ul>', label or gettext("Filtros puestos"), rows
    )


# ------------------------------------------------------------ forms and lists


@register.inclusion_tag("base/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """The summary at the top of a form, each fault linked to its field. Nothing if there is none."""
    rows: list[tuple[str | None, Any, Any]] = [(None, "", text) for text in form.non_field_errors()]
    for name in form.fields:
        field = form[name]
        target = None if field.is_hidden else target_of(field)
        rows += [(target, _name_before(field, str(text)), text) for text in field.errors]
    return {"rows": rows, "count": len(rows)}


def _name_before(field: Any, text: str) -> str:
    """The field's label, for a fault that does not name it itself; the label of a box to tick is a whole sentence."""
    label, kind = str(field.label), getattr(field.field.widget, "input_type", "")
    return "" if text.startswith(label) or kind == "checkbox" else label


@register.filter
def target_of(field: Any) -> str:
    """Return the id of the control that a link to this bound field must focus."""
    return f"{field.auto_id}_0" if field.use_fieldset else (field.id_for_label or field.auto_id)


@register.simple_tag
def ranked_words() -> SafeString:
    """The sentences that a ranked list says aloud, as attributes of its ``<ol>``."""
    words = {
        "moved": gettext("{title}: opción {place} de {count}."),
        "taken": gettext(
            "{title}, en la mano. Opción {place}. Flechas para mover, Intro para soltar, Escape para dejarla donde estaba."
        ),
        "passing": gettext("Opción {place} de {count}."),
        "cancelled": gettext("{title} sigue en la opción {place}."),
    }
    return format_html_join(" ", 'data-say-{}="{}"', words.items())
