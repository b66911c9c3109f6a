"""F19: a role that could only read found that the bulk addresses of a teacher register had forgotten to ask.

Whoever may only read a call is refused by every address that writes many rows at once, and nothing is written.
Seen to fail: without ``may_load`` in ``_loadable_desk`` the addresses that confirm and forget a file of scores answered.
"""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cauce.accounts.roles import Role
from cauce.base.models import AuditEvent, Import
from tests.accounts import factories as accounts
from tests.calls import drafts
from tests.calls import factories as make

BULK = {
    "scores": ("", "_confirm", "_drop", "_report"),
    "answers": ("", "_confirm", "_drop", "_report"),
    "import_posts": ("", "_confirm", "_drop", "_report"),
}
READERS = (Role.AUDITOR, Role.SECOND_SIGNATORY, Role.EDUCATION_OFFICE)


@pytest.mark.django_db
@pytest.mark.parametrize("role", READERS)
def test_who_only_reads_is_refused_by_every_bulk_address_and_nothing_is_written(client, role):
    opened = make.call("JR24")
    draft = drafts.draft(code="BORRADOR", institution=opened.institution)
    client.force_login(accounts.make_officer(role, opened.institution_id))
    before = AuditEvent.objects.count()
    for name, parts in BULK.items():
        code = draft.code if name == "import_posts" else opened.code
        for part in parts:
            send = client.get if part == "_report" else client.post
            files = {key: SimpleUploadedFile("x.csv", b"Folio\nX\n") for key in ("file", "a", "b")}
            answer = send(reverse(f"calls:{name}{part}", args=[code]), files)
            assert answer.status_code == 403, f"{role} {name}{part}"
    # Applications on paper hold personal data: who only reads is not even told of the address.
    for part in ("", "_confirm", "_drop"):
        address = reverse(f"calls:import_applicants{part}", args=[opened.code])
        assert client.post(address, {"digest": "0" * 64}).status_code == 404
    assert (Import.objects.count(), AuditEvent.objects.count()) == (0, before)
