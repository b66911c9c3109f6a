"""F22. Two generic CURPs are written for every foreigner; a key on the CURP merges them all, and the usual
check digit locks the women out, because the second generic has a wrong one.

Proven to fail without its safeguard: with ``GENERIC_CURPS`` emptied in ``accounts.rules.curp`` the woman's number is
refused and the man's is taken as his own; with ``is_generic`` ignored in ``accounts.operations.registration`` each
foreigner's registration is taken for the one before; without ``check_same_person`` in ``accounts.operations.credentials``
only the database's own constraint keeps a generic CURP from being linked as somebody's.
"""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from cauce.accounts import operations, rules
from cauce.accounts.models import IdentityDocument, Person
from cauce.accounts.queries import actor_for
from cauce.base.actors import Actor
from tests.accounts.factories import PASSWORD, make_notice

pytestmark = pytest.mark.django_db

GENERIC = ("XEXX010101HNEXXXA4", "XEXX010101MNEXXXA8")


@pytest.mark.parametrize("number", GENERIC)
def test_both_are_read_as_generic(number):
    assert rules.read_curp(number).is_generic


@pytest.mark.parametrize("number", GENERIC)
def test_foreigners_who_share_one_stay_different_people(number, now):
    make_notice()
    for i in range(3):
        operations.register(
            email=f"residente{i}@ejemplo.sv",
            password=PASSWORD,
            given_names="Ana",
            first_surname="Menjívar",
            curp=number,
            foreign=operations.ForeignIdentity("SV", "passport", f"B000000{i}", date(1994, 2, 3), "M"),
            notice_version=1,
            actor=Actor.nobody(),
            now=now,
        )
    assert Person.objects.count() == 3
    assert IdentityDocument.objects.filter(number=number, is_generic=True).count() == 3


@pytest.mark.parametrize("number", GENERIC)
def test_one_alone_registers_nobody(number, now):
    make_notice()
    with pytest.raises(rules.CurpRefused, match="no identifica a nadie"):
        operations.register(
            email="a@ejemplo.sv",
            password=PASSWORD,
            given_names="Ana",
            first_surname="Menjívar",
            curp=number,
            notice_version=1,
            actor=Actor.nobody(),
            now=now,
        )
    assert Person.objects.count() == 0


@pytest.mark.parametrize("number", GENERIC)
def test_none_is_ever_linked_as_somebodys_own(number, now):
    make_notice()
    user = operations.register(
        email="a@ejemplo.sv",
        password=PASSWORD,
        given_names="Ana",
        first_surname="Menjívar",
        foreign=operations.ForeignIdentity("SV", "passport", "B0000001", date(1994, 2, 3), "M"),
        notice_version=1,
        actor=Actor.nobody(),
        now=now,
    )
    with pytest.raises(rules.CurpRefused, match="no identifica a nadie"):
        operations.link_curp(curp=number, is_checked=True, actor=actor_for(user), now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityDocument.objects.create(person=user.person, kind="curp", number=number)
