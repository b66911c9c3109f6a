"""Calls keep by themselves that their lists were fixed; those of runs that froze before are told here."""

from django.db import migrations


def tell(apps, schema_editor):
    runs = apps.get_model("allocation", "Run").objects.exclude(question_digest="").order_by("-requested_at")
    calls = apps.get_model("calls", "Call").objects
    for call, at in runs.values_list("call_id", "requested_at"):  # the first request comes last, and stays
        calls.filter(pk=call).update(lists_frozen_at=at)


class Migration(migrations.Migration):

    dependencies = [
        ("allocation", "0003_classes_and_rehearsals"),
        ("calls", "0005_lists_frozen"),
    ]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
