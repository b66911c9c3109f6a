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
    path("jornada-2022/", views.replay, name="replay"),
    path("jornada-2022.json", views.replay_json, name="replay_json"),
    path("jornada-2022.csv", views.replay_csv, name="replay_csv"),
    path("jornada-2022/avance/", views.replay_progress, name="replay_progress"),
    path("jornada-2022/repetir/", views.request_replay, name="request_replay"),
]
