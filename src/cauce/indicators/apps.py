from django.apps import AppConfig


class Indicators(AppConfig):
    name = "cauce.indicators"
