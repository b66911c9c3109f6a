"""Addresses. Each app brings its own; they are in Spanish, as people read and share them."""

from django.urls import include, path

handler400 = "cauce.base.web.bad_request"
handler403 = "cauce.base.web.denied"
handler404 = "cauce.base.web.not_found"
handler500 = "cauce.base.web.our_fault"

urlpatterns = [
    path("", include("cauce.base.urls")),
    path("", include("cauce.accounts.urls")),
    path("", include("cauce.notices.urls")),
    path("", include("cauce.institutions.urls")),
    # Before calls, whose /gestion/<code>/ would take /gestion/firmas/ for a call.
    path("", include("cauce.allocation.urls")),
    path("", include("cauce.calls.urls")),
    path("", include("cauce.indicators.urls")),
    path("cuenta/", include("allauth.urls")),
]
