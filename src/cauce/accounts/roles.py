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
DOCUMENT_REVIEW = "document.review"  # look at the documents of an institution's calls and decide
DESK_SERVE = "desk.serve"  # choose for the person who stands at the desk of a live choice
PANEL_SCORE = "panel.score"  # interview with a rubric
PARTNER_NOMINATE = "partner.nominate"  # propose candidates of a partner institute, and nothing else
PERSON_CARE = "person.care"  # merge duplicates, recover accounts, answer requests about personal data
PACKAGE_REVIEW = (
    "package.review"  # say whether the public package of a run may become public, seen what it tells apart
)
MAIL_OPERATE = "mail.operate"  # see how letters fare and settle those in doubt, for the whole installation


class Role(models.TextChoices):
    """Offices people hold. Being an applicant is no office: every registered person may apply."""

    CALL_MANAGER = "call_manager", _("Gestión de convocatorias")
    SECOND_SIGNATORY = "second_signatory", _("Segunda firma")
    AUDITOR = "auditor", _("Auditoría")
    EDUCATION_OFFICE = "education_office", _("Coordinación de Educación en Salud")
    REVIEWER = "reviewer", _("Revisión de documentos")
    DESK_CLERK = "desk_clerk", _("Mesa de elección")
    PANELLIST = "panellist", _("Jurado de entrevistas")
    PARTNER_OFFICER = "partner_officer", _("Enlace de instituto socio")
    PRIVACY_OFFICER = "privacy_officer", _("Unidad de datos personales")


PERMISSIONS: dict[str, frozenset[str]] = {
    Role.CALL_MANAGER: frozenset(
        {CALL_READ, CALL_MANAGE, ALLOCATION_RUN, ALLOCATION_SIGN, RESULT_EXPLAIN, DESK_SERVE}
    ),
    Role.SECOND_SIGNATORY: frozenset({CALL_READ, ALLOCATION_SIGN, RESULT_EXPLAIN}),
    Role.AUDITOR: frozenset({CALL_READ, RESULT_EXPLAIN, AUDIT_READ}),
    Role.EDUCATION_OFFICE: frozenset({CALL_READ, RESULT_EXPLAIN, CATALOGUE_LOAD, MAIL_OPERATE}),
    Role.REVIEWER: frozenset({DOCUMENT_REVIEW}),
    Role.DESK_CLERK: frozenset({DESK_SERVE}),
    Role.PANELLIST: frozenset({PANEL_SCORE}),
    Role.PARTNER_OFFICER: frozenset({PARTNER_NOMINATE}),
    Role.PRIVACY_OFFICER: frozenset({PERSON_CARE, PACKAGE_REVIEW, MAIL_OPERATE}),
}
