"""The thresholds of a card get the name of what they are, which leaves theirs for what counts in a clinic.

The index and the foreign key are made anew: their names hold the table's, and the table that takes the old name
would want the same ones.
"""

import django.db.models.deletion
from django.db import migrations, models


def to_model_version(**how):
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='diagnosis.modelversion', **how)


class Migration(migrations.Migration):

    dependencies = [
        ("diagnosis", "0038_scan_finished_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name='operatingpoint',
            name='model_version',
            field=to_model_version(related_name='operating_points', db_index=False, db_constraint=False),
        ),
        migrations.RenameModel(old_name='OperatingPoint', new_name='MeasuredPoint'),
        migrations.AlterField(
            model_name='measuredpoint',
            name='model_version',
            field=to_model_version(related_name='measured_points'),
        ),
    ]
