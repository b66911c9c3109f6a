"""What the pages that edit a draft read: catalogues to choose from, and the posts of a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from cauce.calls.models import Call, Post
from cauce.calls.rules.drafting import PostValues
from cauce.institutions.models import Site, Specialty, SpecialtyAlias, State
from cauce.institutions.rules import OFFICIAL_STATES, fold


@dataclass(frozen=True, slots=True)
class SiteName:
    id: int
    state_key: str
    state: str
    municipality: str


@dataclass(frozen=True, slots=True)
class PostLookup:
    """The catalogues by what people write: CLUES, folded names of sites, names and codes of specialties, of states.

    ``state_of`` is the state's key by site.
    """

    by_clues: dict[str, int]
    by_name: dict[str, tuple[SiteName, ...]]
    specialties: dict[str, int]
    states: dict[str, str]
    state_of: dict[int, str]


def post_lookup() -> PostLookup:
    """Read the catalogues of sites, specialties and states, in four queries."""
    by_clues: dict[str, int] = {}
    by_name: defaultdict[str, dict[int, SiteName]] = defaultdict(dict)
    sites = Site.objects.values_list(
        "pk", "clues", "clues_imb", "name", "short_name", "state_id", "state__name", "municipality"
    )
    state_of: dict[int, str] = {}
    for pk, clues, clues_imb, name, short_name, key, state, municipality in sites:
        state_of[pk] = key
        for each in filter(None, (clues, clues_imb)):
            by_clues[each] = pk
        for each in {fold(name), fold(short_name)}:
            by_name[each][pk] = SiteName(pk, key, state, municipality)
    names = {name: tuple(rows.values()) for name, rows in by_name.items()}
    return PostLookup(by_clues, names, specialty_names(), state_names(), state_of)


def specialty_names() -> dict[str, int]:
    """Every specialty by its folded code, names and aliases, in two queries."""
    specialties = dict(SpecialtyAlias.objects.values_list("folded", "specialty_id"))
    for pk, code, name_es, name_en in Specialty.objects.values_list("pk", "code", "name_es", "name_en"):
        specialties.update({fold(code): pk, fold(name_es): pk})
        specialties.setdefault(fold(name_en), pk)
    return specialties


def state_names() -> dict[str, str]:
    """The keys of the states by what people write for them, in one query."""
    states = dict(OFFICIAL_STATES)
    for key, name in State.objects.values_list("key", "name"):
        states.update({fold(name): key, key: key, key.lstrip("0"): key})
    return states


def call_with_code(code: str) -> Call | None:
    """The call with this code, for whoever has the code from elsewhere than a page: the worker, a command."""
    return Call.objects.select_related("institution").filter(code=code).first()


def posts_by_key(call: Call, keys: Collection[str] | None = None) -> dict[str, PostValues]:
    """The posts of a call as values, by key; those with ``keys`` only, if told. One query."""
    rows = Post.objects.filter(call=call)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    names = [field.name for field in fields(PostValues)]
    return {values["key"]: PostValues(**values) for values in rows.values(*names)}


def specialties_to_offer(on: date, *, also: Sequence[int] = ()) -> QuerySet[Specialty]:
    """Specialties valid on a day, and those with the ids ``also``, in the order of their entry route and name."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    going_on = Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    return Specialty.objects.filter((begun & going_on) | Q(pk__in=also)).order_by("route", "name_es")


def states() -> QuerySet[State]:
    """Every federal entity, by name."""
    return State.objects.order_by("name")


def sites_for(call: Call) -> QuerySet[Site]:
    """Sites in the states of a call, by state and name."""
    return (
        Site.objects.filter(state__calls=call)
        .select_related("state")
        .order_by("state__name", "municipality", "name")
    )


def posts_of(call: Call, *, text: str = "", specialty: str = "") -> QuerySet[Post]:
    """The posts of a call by key; ``text`` is part of a key, a site or a municipality."""
    posts = call.posts.select_related("site__state", "specialty").order_by("key")
    if text:
        posts = posts.filter(
            Q(key__icontains=text) | Q(site__name__icontains=text) | Q(site__municipality__icontains=text)
        )
    return posts.filter(specialty__code=specialty) if specialty else posts


def post_table(posts: QuerySet[Post]) -> Iterator[list[Any]]:
    """The rows of a table of posts, in the columns that ``intake`` reads."""
    for post in posts.iterator(chunk_size=1000):
        site = post.site
        yes = [_yes(post.is_priority), _yes(post.has_housing), _yes(post.has_transport)]
        yield [
            post.key, site.clues or "", site.name, site.state.name, site.municipality, post.specialty.name_es,
            post.seats, post.shift, post.contract, post.monthly_pay or "", post.isolation_percent,
            post.rural_percent, *yes, post.note,
        ]  # fmt: skip


def _yes(value: bool) -> str:
    return "sí" if value else "no"
