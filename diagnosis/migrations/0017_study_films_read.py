"""A study's row says how many of its films are read, and when all of them were dismissed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0016_scan_refused_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='films_counted',
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text='Its films but those that were dismissed'),
        ),
        migrations.AddField(
            model_name='study',
            name='films_read',
            field=models.PositiveSmallIntegerField(default=0, editable=False, help_text='Those of them that a doctor has signed as they stand'),
        ),
        migrations.AlterField(
            model_name='study',
            name='state',
            field=models.CharField(choices=[('empty', 'No film yet'), ('waiting', 'Being analysed'), ('to_review', 'To review'), ('problem', 'Needs attention'), ('reviewed', 'Reviewed'), ('dismissed', 'All films dismissed'), ('cancelled', 'Cancelled')], default='empty', editable=False, max_length=10),
        ),
    ]
