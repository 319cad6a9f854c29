"""A refused film remembers the network that was active, so that a newer one is asked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0015_review_without_prediction'),
    ]

    operations = [
        migrations.AddField(
            model_name='scan',
            name='refused_by',
            field=models.ForeignKey(editable=False, help_text='The network that was active when the film was refused', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.modelversion'),
        ),
    ]
