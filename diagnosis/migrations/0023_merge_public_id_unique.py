"""No merge is without a name, and no two have the same."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0022_fill_merge_public_ids")]
    operations = [
        migrations.AlterField(
            "patientmerge", "public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
        )
    ]
