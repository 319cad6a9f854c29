"""The audit chain's single head row, at the chain's beginning."""

import hashlib

from django.db import migrations


def create_head(apps, schema_editor):
    apps.get_model("accounts", "AuditHead").objects.get_or_create(
        pk=1, defaults={"sequence": 0, "hash": hashlib.sha256(b"carina audit chain").hexdigest()}
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_records")]
    operations = [migrations.RunPython(create_head, migrations.RunPython.noop)]
