"""Tasks that only tests ask for."""

from django_tasks import task


@task()
def remember(number: int) -> int:
    return number
