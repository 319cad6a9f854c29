"""Numbers and names get a column with the key by which they are compared and found."""

import diagnosis.models.keyed
import diagnosis.spelling
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0005_fair_queue'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='number_key',
            field=diagnosis.models.keyed.KeyField(of='number'),
        ),
        migrations.AddField(
            model_name='patient',
            name='number_look',
            field=diagnosis.models.keyed.KeyField(made_by=diagnosis.spelling.look, of='number'),
        ),
        migrations.AddField(
            model_name='patient',
            name='first_name_key',
            field=diagnosis.models.keyed.KeyField(of='first_name'),
        ),
        migrations.AddField(
            model_name='patient',
            name='last_name_key',
            field=diagnosis.models.keyed.KeyField(of='last_name'),
        ),
        migrations.AddField(
            model_name='study',
            name='accession_key',
            field=diagnosis.models.keyed.KeyField(of='accession_number'),
        ),
    ]
