"""Addresses of the catalogues. The number of a site is bounded so that an absurd one is simply not found."""

from django.urls import URLPattern, URLResolver, path, re_path

from cauce.institutions import views

app_name = "institutions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sedes/", views.sites, name="sites"),
    re_path(r"^sedes/(?P<pk>[0-9]{1,18})/$", views.site, name="site"),
    path("especialidades/", views.specialties, name="specialties"),
    path("instituciones/", views.institutions, name="institutions"),
    path("instituciones/<slug:code>/", views.institution, name="institution"),
]
