"""What a doctor signs beside the finding, and which films were signed in one act."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0051_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='review',
            name='annotations',
            field=models.JSONField(blank=True, default=list, help_text='Marks and measurements on the film'),
        ),
        migrations.AddField(
            model_name='review',
            name='final_at',
            field=models.DateTimeField(editable=False, help_text='Until when the doctor could take it back; signed at once without', null=True),
        ),
        migrations.AddField(
            model_name='review',
            name='further',
            field=models.JSONField(blank=True, default=list, help_text='What else was ticked: code, side, text of each'),
        ),
        migrations.AddField(
            model_name='review',
            name='signature',
            field=models.UUIDField(db_index=True, editable=False, help_text='Shared by the films that were signed in one act', null=True),
        ),
        migrations.AddField(
            model_name='review',
            name='zones',
            field=models.JSONField(blank=True, default=dict, help_text='Grades 0 to 3 of the lung zones A to F'),
        ),
    ]
