"""allauth's two conditional unique constraints on e-mail addresses, for databases that drop them.

MySQL and MariaDB have no unique index with a condition and Django leaves such a constraint out (models.W036).
A unique index over a generated column that is NULL where the condition does not hold is the same rule: one
verified row for each address, one primary row for each user. SQLite has the constraints themselves.
"""

from django.db import migrations

ADD = """
ALTER TABLE account_emailaddress
    ADD COLUMN verified_email varchar(254) GENERATED ALWAYS AS (CASE WHEN verified THEN email END) VIRTUAL,
    ADD COLUMN primary_of bigint GENERATED ALWAYS AS (CASE WHEN `primary` THEN user_id END) VIRTUAL,
    ADD UNIQUE INDEX verified_email_unique (verified_email),
    ADD UNIQUE INDEX primary_email_unique (primary_of)
"""
DROP = "ALTER TABLE account_emailaddress DROP COLUMN verified_email, DROP COLUMN primary_of"


def add_rules(apps, schema_editor):
    if schema_editor.connection.vendor == "mysql":
        schema_editor.execute(ADD)


def drop_rules(apps, schema_editor):
    if schema_editor.connection.vendor == "mysql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_session_epoch"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]
    operations = [migrations.RunPython(add_rules, drop_rules, atomic=False)]  # MySQL changes no table inside one
