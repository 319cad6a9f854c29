"""Tokens may expire; those made before go on until they are revoked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_email_rules_on_mysql")]
    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(blank=True, editable=False, help_text="Empty: until revoked", null=True),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="warned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
