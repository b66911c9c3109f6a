"""Addresses of the figures; each is permanent."""

from django.urls import URLPattern, URLResolver, path

from cauce.indicators import views

app_name = "indicators"
urlpatterns: list[URLPattern | URLResolver] = [
    path("cifras/", views.figures, name="figures"),
    path("cifras.csv", views.figures_csv, name="figures_csv"),
    path("cifras.json", views.figures_json, name="figures_json"),
    path("cifras/diccionario/", views.dictionary, name="dictionary"),
    path("cifras/<slug:code>/", views.figure, name="figure"),
    path("cifras/<slug:code>.csv", views.figure_csv, name="figure_csv"),
]
