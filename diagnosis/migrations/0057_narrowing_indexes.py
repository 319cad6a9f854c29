"""Indexes in the order of the list for what the done studies are narrowed to."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0056_fill_search_words'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'rank', 'taken_at', 'id'], name='study_rank_taken'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'network_finding', 'rank', 'place', 'created_at', 'id'], name='study_network_finding'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'doctor_finding', 'rank', 'place', 'created_at', 'id'], name='study_doctor_finding'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'created_by', 'rank', 'place', 'created_at', 'id'], name='study_entered_by'),
        ),
    ]
