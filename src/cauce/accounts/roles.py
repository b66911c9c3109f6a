"""Permissions are constants; roles are code. Who holds a role, and where, is data (``Membership``)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

CALL_READ = "call.read"  # drafts, applications in numbers, the desk of a call
CALL_MANAGE = "call.manage"  # write, publish, amend a call
ALLOCATION_RUN = "allocation.run"
ALLOCATION_SIGN = "allocation.sign"  # first or second signature; never both by one person
RESULT_EXPLAIN = "result.explain"  # read why any person of a call got their place
AUDIT_READ = "audit.read"
CATALOGUE_LOAD = "catalogue.load"  # bring the national catalogue of units; what it holds is everybody's


class Role(models.TextChoices):
    """Offices people hold. Being an applicant is no office: every registered person may apply."""

    CALL_MANAGER = "call_manager", _("Gestión de convocatorias")
    SECOND_SIGNATORY = "second_signatory", _("Segunda firma")
    AUDITOR = "auditor", _("Auditoría")
    EDUCATION_OFFICE = "education_office", _("Coordinación de Educación en Salud")


PERMISSIONS: dict[str, frozenset[str]] = {
    Role.CALL_MANAGER: frozenset({CALL_READ, CALL_MANAGE, ALLOCATION_RUN, ALLOCATION_SIGN, RESULT_EXPLAIN}),
    Role.SECOND_SIGNATORY: frozenset({CALL_READ, ALLOCATION_SIGN, RESULT_EXPLAIN}),
    Role.AUDITOR: frozenset({CALL_READ, RESULT_EXPLAIN, AUDIT_READ}),
    Role.EDUCATION_OFFICE: frozenset({CALL_READ, RESULT_EXPLAIN, CATALOGUE_LOAD}),
}
