"""When the last film of a study was read, for the list of today's."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0057_narrowing_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='done_at',
            field=models.DateTimeField(editable=False, help_text='When its last film was read', null=True),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'done_at', 'id'], name='study_done'),
        ),
    ]
