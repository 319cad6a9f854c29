"""What an event vouches for in the rows that it wrote."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_clinic_time_zone")]
    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="seals",
            field=models.JSONField(
                help_text="By row and field: a keyed digest of what the event stored there", null=True
            ),
        ),
    ]
