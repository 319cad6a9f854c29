"""Without limits that count, the worklist goes by the order of the scores."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', "0041_prediction_told"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='study',
            name='study_worklist',
        ),
        migrations.RemoveIndex(
            model_name='study',
            name='study_worklist_state',
        ),
        migrations.AddField(
            model_name='study',
            name='network_standing',
            field=models.CharField(blank=True, choices=[('probation', 'Not yet measured here'), ('elsewhere', 'Limits from elsewhere'), ('here', 'Limits of this clinic'), ('withdrawn', 'Limits withdrawn')], editable=False, max_length=9),
        ),
        migrations.AddField(
            model_name='study',
            name='place',
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text='Within its rank: by score where no limits count, else 0'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'rank', 'place', 'created_at', 'id'], name='study_worklist'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'state', 'rank', 'place', 'created_at', 'id'], name='study_worklist_state'),
        ),
    ]
