"""The database itself refuses to change an audit event or a seal.

On PostgreSQL it refuses to remove one too. On SQLite removal is left to the
hash chain to find, because emptying a test database there is a DELETE.
"""

from typing import Any

from django.db import migrations

TABLES = ("base_auditevent", "base_auditseal")


def forbid(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION cauce_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
            params=None,  # the percent sign is PostgreSQL's, not a placeholder
        )
        for table in TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION cauce_append_only()"
            )
    else:
        for table in TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def allow(apps: Any, schema_editor: Any) -> None:
    for table in TABLES:
        where = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_append_only{where}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION cauce_append_only()")


class Migration(migrations.Migration):
    dependencies = [("base", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
