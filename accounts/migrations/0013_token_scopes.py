"""Tokens say what they let their holder do; those made before keep what they could do until now."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_clinic_letterhead")]
    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=models.CharField(
                default="send read", editable=False, help_text="Words of Scope, a space between them", max_length=40
            ),
        ),
    ]
