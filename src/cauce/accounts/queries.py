"""Reads of accounts: who a signed-in user is, and what they may do."""

from __future__ import annotations

from cauce.accounts import roles
from cauce.accounts.models import Membership, Person, PrivacyNotice, User
from cauce.base.actors import Actor


def actor_for(user: User) -> Actor:
    """Resolve a signed-in user into an actor, in at most two queries."""
    grants = frozenset(
        (permission, institution)
        for role, institution in Membership.objects.filter(user=user).values_list("role", "institution_id")
        for permission in roles.PERMISSIONS[role]
    )
    return Actor(
        name=f"user:{user.pk}",
        user_id=user.pk,
        person_id=user.person_id,
        display_name=_display_name(user),
        grants=grants,
    )


def _display_name(user: User) -> str:
    if user.person_id is None:
        return user.office_name or user.email
    person = Person.objects.only("given_names").get(pk=user.person_id)
    return person.given_names


def current_privacy_notice() -> PrivacyNotice:
    """The latest version; the catalogue that every installation loads has at least one."""
    return PrivacyNotice.objects.latest("version")
