"""Each merge gets a name of its own: the column's default gave all of them the same."""

import uuid

from django.db import migrations


def name(apps, schema_editor):
    for merge in apps.get_model("diagnosis", "PatientMerge").objects.iterator():
        merge.public_id = uuid.uuid4()
        merge.save(update_fields=["public_id"])


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0021_merge_public_id")]
    operations = [migrations.RunPython(name, migrations.RunPython.noop)]
