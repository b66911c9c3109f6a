"""Addresses of the inbox, of the office of letters, and of the letterbox of the demo."""

from django.urls import path

from cauce.notices import views

app_name = "notices"
urlpatterns = [
    path("mi/avisos/", views.inbox, name="inbox"),
    path("mi/avisos/leidos/", views.read_all, name="read_all"),
    path("mi/avisos/<int:message_id>/", views.open_message, name="open"),
    path("mi/avisos/recordatorios/", views.reminders, name="reminders"),
    path("cartas/", views.outbox, name="outbox"),
    path("cartas/textos/", views.texts, name="texts"),
    path("cartas/<int:message_id>/", views.settle, name="settle"),
    path("demo/correo/", views.letterbox, name="letterbox"),
]
