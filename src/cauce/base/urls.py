from django.urls import URLPattern, URLResolver

app_name = "base"
urlpatterns: list[URLPattern | URLResolver] = []
