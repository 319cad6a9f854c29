"""A study entered by mistake can be cancelled, and a film taken out of its study, each with a reason."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('diagnosis', '0010_study_changed_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='cancelled_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='study',
            name='cancelled_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='study',
            name='cancelled_reason',
            field=models.CharField(blank=True, default='', editable=False, max_length=500),
        ),
        migrations.AlterField(
            model_name='study',
            name='state',
            field=models.CharField(choices=[('empty', 'No film yet'), ('waiting', 'Being analysed'), ('to_review', 'To review'), ('problem', 'Needs attention'), ('reviewed', 'Reviewed'), ('cancelled', 'Cancelled')], default='empty', editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='scan',
            name='set_aside_reason',
            field=models.CharField(blank=True, default='', editable=False, max_length=500),
        ),
    ]
