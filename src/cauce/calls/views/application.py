"""Pages of the applicant."""

from django.http import HttpResponse


def application(request, folio):
    return HttpResponse()


def application_receipt(request, folio):
    return HttpResponse()
