from django.apps import AppConfig


class Config(AppConfig):
    """The whole product: its settings, its addresses, and the commands that know every app."""

    name = "cauce.config"
