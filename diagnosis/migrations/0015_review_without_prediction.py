"""A doctor signs films that the network refused, could not analyse or has not reached yet."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0014_fill_signatures'),
    ]

    operations = [
        migrations.AlterField(
            model_name='review',
            name='prediction',
            field=models.ForeignKey(help_text='The result that was reviewed; none where the network had given none', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='diagnosis.prediction'),
        ),
        migrations.AlterField(
            model_name='review',
            name='decision',
            field=models.CharField(choices=[('agree', 'Agree with the network'), ('change', 'Change the finding'), ('reject', 'Reject the prediction'), ('read', 'Read without the network')], max_length=8),
        ),
    ]
