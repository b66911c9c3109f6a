"""The database itself refuses to change what was asked, what was answered, or what was published."""

from django.db import migrations

COLUMNS = ("question", "question_digest", "answer", "answer_digest", "package", "package_digest")
TABLE = "allocation_run"
NAME = "allocation_run_frozen"


def forbid(apps, schema_editor):
    distinct = "IS DISTINCT FROM" if schema_editor.connection.vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(
        f"(OLD.{column} IS NOT NULL AND OLD.{column} {distinct} '' AND NEW.{column} {distinct} OLD.{column})"
        if column.endswith("digest")
        else f"(OLD.{column} IS NOT NULL AND NEW.{column} {distinct} OLD.{column})"
        for column in COLUMNS
    )
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'what a run froze does not change'; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} FOR EACH ROW "
            f"WHEN ({changed}) EXECUTE FUNCTION {NAME}()"
        )
    else:
        schema_editor.execute(
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'what a run froze does not change'); END"
        )


def allow(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {NAME} ON {TABLE}")
        schema_editor.execute(f"DROP FUNCTION {NAME}()")
    else:
        schema_editor.execute(f"DROP TRIGGER {NAME}")


class Migration(migrations.Migration):
    dependencies = [("allocation", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
