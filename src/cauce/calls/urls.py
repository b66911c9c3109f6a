"""Addresses of calls: public, of the applicant, and of the managers' desk."""

from django.urls import URLPattern, URLResolver, path

from cauce.calls import views

app_name = "calls"
urlpatterns: list[URLPattern | URLResolver] = [
    path("mi/solicitudes/<str:folio>/", views.application, name="application"),
    path("mi/solicitudes/<str:folio>/comprobante/", views.application_receipt, name="application_receipt"),
]
