"""A held film keeps what its sender said of the examination: urgent, symptoms and the like."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0029_exports_without_names")]

    operations = [
        migrations.AddField(
            model_name="heldfilm",
            name="said",
            field=models.JSONField(
                default=dict, editable=False, help_text="What its sender said of the examination besides"
            ),
        ),
    ]
