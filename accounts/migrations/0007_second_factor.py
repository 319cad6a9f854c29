"""A clinic may require a second factor of its people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_known_browser")]
    operations = [
        migrations.AddField(
            model_name="clinic",
            name="second_factor_required",
            field=models.BooleanField(default=False, help_text="Everybody in this clinic needs one to sign in.", verbose_name="second factor"),
        ),
    ]
