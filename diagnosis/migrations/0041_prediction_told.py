"""A prediction keeps what was told of it, and by which limits."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', "0040_operating_point"),
    ]

    operations = [
        migrations.AddField(
            model_name='prediction',
            name='told_finding',
            field=models.CharField(choices=[('covid19', 'COVID-19'), ('pneumonia', 'Pneumonia'), ('normal', 'Normal'), ('other', 'Other finding')], default='', help_text='As told that day', max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='prediction',
            name='told_triage',
            field=models.CharField(choices=[('pathological', 'Pathological'), ('unsure', 'Unsure'), ('normal', 'Normal')], default='', help_text='As told that day', max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='prediction',
            name='limits',
            field=models.ForeignKey(help_text='In force in the clinic when this was made; none on probation', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predictions', to='diagnosis.operatingpoint'),
        ),
    ]
