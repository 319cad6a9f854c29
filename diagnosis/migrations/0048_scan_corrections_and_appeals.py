"""What was put right in a film's picture, who undid that, and who says that a refusal was wrong."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0047_prediction_quality'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='scan',
            name='appealed_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='scan',
            name='appealed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='scan',
            name='correction_undone_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='scan',
            name='correction_undone_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='scan',
            name='reason_confidence',
            field=models.FloatField(editable=False, help_text='How sure the checks were of the refusal, 0 to 1', null=True),
        ),
        migrations.AddField(
            model_name='scan',
            name='shown_corrections',
            field=models.JSONField(default=list, editable=False, help_text='What was put right in its display image, by code'),
        ),
    ]
