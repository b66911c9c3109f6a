from django.apps import AppConfig


class Notices(AppConfig):
    name = "cauce.notices"
