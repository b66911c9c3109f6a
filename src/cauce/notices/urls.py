"""Addresses of the inbox, and of the letterbox of the demo."""

from django.urls import path

from cauce.notices import views

app_name = "notices"
urlpatterns = [
    path("mi/avisos/", views.inbox, name="inbox"),
    path("mi/avisos/leidos/", views.read_all, name="read_all"),
    path("mi/avisos/<int:message_id>/", views.open_message, name="open"),
    path("demo/correo/", views.letterbox, name="letterbox"),
]
