"""The database itself refuses to change a sealed list of participants, a fixed draw, or what a witness revealed.

On PostgreSQL it refuses to remove them too; emptying a test database on SQLite
is a DELETE. There, whoever rebuilds one of these tables makes its trigger again.
"""

from django.db import migrations

LIST = ("participants", "folios", "digest", "sealed_at")
WORDS = "a draw does not change"


def triggers(vendor):
    """Triggers as (name, table, event, condition)."""
    distinct = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    listed = " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in LIST)
    beacon = f"OLD.lottery_beacon {distinct} '' AND NEW.lottery_beacon {distinct} OLD.lottery_beacon"
    found = [
        ("calls_draw_kept", "calls_draw", "UPDATE", f"OLD.fixed_at IS NOT NULL OR {listed}"),
        ("calls_witnesssecret_kept", "calls_witnesssecret", "UPDATE", ""),
        ("calls_call_beacon_kept", "calls_call", "UPDATE", beacon),
    ]
    if vendor == "postgresql":
        found += [
            ("calls_draw_stays", "calls_draw", "DELETE", ""),
            ("calls_witnesssecret_stays", "calls_witnesssecret", "DELETE", ""),
        ]
    return found


def forbid(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION calls_draw_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
        )
    body = (
        "EXECUTE FUNCTION calls_draw_kept()"
        if vendor == "postgresql"
        else f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    )
    for name, table, event, condition in triggers(vendor):
        when = f"WHEN ({condition})" if condition else ""
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {when} {body}")


def allow(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for name, table, _event, _condition in triggers(vendor):
        schema_editor.execute(f"DROP TRIGGER {name} ON {table}" if vendor == "postgresql" else f"DROP TRIGGER {name}")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION calls_draw_kept()")


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_lottery_source")]
    operations = [migrations.RunPython(forbid, allow)]
