"""A name for each merge in the record; filled in and required by the two migrations after this."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0020_patient_merge")]
    operations = [
        migrations.AddField(
            "patientmerge", "public_id", models.UUIDField(default=uuid.uuid4, editable=False, null=True)
        )
    ]
