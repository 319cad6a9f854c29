"""A clinic's clocks: the time zone in which its people read and enter times."""

import accounts.models.clinic
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_factor_rule_on_mysql'),
    ]

    operations = [
        migrations.AddField(
            model_name='clinic',
            name='time_zone',
            field=models.CharField(
                blank=True,
                default='',
                help_text="As Area/City, for example Europe/Berlin; empty: the installation's",
                max_length=64,
                validators=[accounts.models.clinic.is_time_zone],
            ),
            preserve_default=False,
        ),
    ]
