"""Whose a study is to read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('diagnosis', '0060_fill_done_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='assigned_to',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['assigned_to', 'rank'], name='study_assigned'),
        ),
    ]
