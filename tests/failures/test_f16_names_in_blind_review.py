"""F16: a blind review that told the name. What a reviewer reaches by links is crawled: no name, CURP, e-mail, folio.

The picture of a document may show them: it is what is being looked at. Nothing else may. What is not linked, the
access matrix asks of the reviewer at every address: 404. Seen to fail: with the folio written on the reviewer's page.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.urls import Resolver404, resolve, reverse

from cauce.accounts.models import User
from cauce.base import clock
from cauce.base.models import AuditEvent
from cauce.calls import operations
from tests.base.uploads import photo, upload
from tests.calls import dossiers
from tests.calls import factories as make
from tests.conftest import NOON

SAME_PAGE = 1
SECRETS = ("Zenaida", "Xicoténcatl", "XIQZ950504MOCXYN05", "zenaida", "951 555 7788")


@pytest.fixture
def zenaida(monkeypatch):
    monkeypatch.setattr(clock, "read", lambda: NOON)
    user = make.user("Zenaida")
    person = user.person
    person.first_surname, person.phone = "Xicoténcatl", "951 555 7788"
    person.save()
    person.documents.create(kind="curp", country="MX", number="XIQZ950504MOCXYN05")
    return user


def crawl(client, start):
    """Follow every link of ours from ``start``; return each address with what it answered."""
    seen, waiting, kinds = {}, [start], Counter()
    while waiting:
        url = waiting.pop()
        kind = _kind(url)
        if url in seen or not kind or kinds[kind] >= SAME_PAGE:
            continue
        kinds[kind] += 1
        seen[url] = client.get(url)
        body = _text(seen[url])
        waiting += [link.split("#")[0] for link in re.findall(r'(?:href|src|action)="(/[^"]*)"', body)]
    return seen


def _kind(url):
    """The page an address is of: catalogues and searches have many that only differ in what they are asked for."""
    try:
        return resolve(url.split("?")[0]).view_name
    except Resolver404:
        return ""


def _text(answer):
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("image/"):
        return ""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace") + str(dict(answer.headers))


@pytest.mark.slow
@pytest.mark.django_db
def test_no_address_that_a_reviewer_reaches_says_who_it_is(client, zenaida):
    call = make.call()
    application = dossiers.unchecked(call, zenaida.person)
    requirement = dossiers.asked(call, is_curable=True)
    client.force_login(zenaida)
    page = reverse("calls:application_document", args=[application.folio, requirement.key])
    assert client.post(page, {"uploads": upload(photo(), "Zenaida Xicoténcatl.jpg")}).status_code == 302
    case = dossiers.case(application)
    rosa = User.objects.get(pk=dossiers.reviewer().user_id)
    client.force_login(rosa)
    operations.claim_case(call=call, actor=make.actor(rosa), now=NOON)
    reached = crawl(client, reverse("calls:review_case", args=[case.pk]))
    assert len(reached) > 20
    assert reverse("calls:evidence_page", args=[application.evidence.get().key, 1]) in reached
    secrets = (*SECRETS, application.folio)
    told = {url: secret for url, answer in reached.items() for secret in secrets if secret in _told(answer)}
    assert told == {}


def _told(answer):
    return "" if answer.streaming else _text(answer)


@pytest.mark.django_db
def test_the_audit_of_a_file_names_nobody(client, zenaida):
    call = make.call()
    application = dossiers.unchecked(call, zenaida.person)
    requirement = dossiers.asked(call)
    client.force_login(zenaida)
    page = reverse("calls:application_document", args=[application.folio, requirement.key])
    client.post(page, {"uploads": upload(photo(), "Zenaida Xicoténcatl.jpg")})
    events = [str(vars(event)) for event in AuditEvent.objects.all()]
    assert events
    assert not [secret for secret in SECRETS for event in events if secret in event]
