"""One authenticator app and one set of recovery codes a person, on databases that drop such a constraint.

MySQL and MariaDB have no unique index with a condition; see 0004. Passkeys may be several.
"""

from django.db import migrations

ADD = """
ALTER TABLE mfa_authenticator
    ADD COLUMN only_one_of varchar(40)
        GENERATED ALWAYS AS (CASE WHEN type <> 'webauthn' THEN CONCAT(user_id, ' ', type) END) VIRTUAL,
    ADD UNIQUE INDEX one_authenticator_of_a_type (only_one_of)
"""
DROP = "ALTER TABLE mfa_authenticator DROP COLUMN only_one_of"


def add_rule(apps, schema_editor):
    if schema_editor.connection.vendor == "mysql":
        schema_editor.execute(ADD)


def drop_rule(apps, schema_editor):
    if schema_editor.connection.vendor == "mysql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_second_factor"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [migrations.RunPython(add_rule, drop_rule, atomic=False)]  # MySQL changes no table inside one
