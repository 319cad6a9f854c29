"""A study says when it last changed, so that a program can ask what is new."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_email_rules_on_mysql'),
        ('diagnosis', '0009_longest_wait_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='changed_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'changed_at', 'id'], name='study_clinic_changed'),
        ),
    ]
