"""Addresses of the catalogues. The number of a site is bounded so that an absurd one is simply not found."""

from django.urls import URLPattern, URLResolver, path, re_path

from cauce.institutions import views

app_name = "institutions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sedes/", views.sites, name="sites"),
    path("gestion/catalogo-clues/", views.import_clues, name="import_clues"),
    path("gestion/catalogo-clues/avance/", views.import_clues_progress, name="import_clues_progress"),
    path("gestion/catalogo-clues/informe.xlsx", views.import_clues_report, name="import_clues_report"),
    path("gestion/catalogo-clues/cargar/", views.import_clues_confirm, name="import_clues_confirm"),
    path("gestion/catalogo-clues/olvidar/", views.import_clues_drop, name="import_clues_drop"),
    re_path(r"^sedes/(?P<pk>[0-9]{1,18})/$", views.site, name="site"),
    path("especialidades/", views.specialties, name="specialties"),
    path("instituciones/", views.institutions, name="institutions"),
    path("instituciones/<slug:code>/", views.institution, name="institution"),
]
