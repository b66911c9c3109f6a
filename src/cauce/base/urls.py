from django.urls import URLPattern, URLResolver, path

from cauce.base import views

app_name = "base"
urlpatterns: list[URLPattern | URLResolver] = [
    path("aspecto/", views.preferences, name="preferences"),
    path("salud/", views.health, name="health"),
    path("ui/", views.components, name="ui"),
]
