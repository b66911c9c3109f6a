from django.apps import AppConfig


class Institutions(AppConfig):
    name = "cauce.institutions"
