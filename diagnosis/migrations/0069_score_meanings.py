"""What scores of a network have meant in a clinic."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_clinic_letterhead'),
        ('diagnosis', '0068_outcomes'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScoreMeaning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bands', models.JSONField(default=list)),
                ('counted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.clinic')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='diagnosis.modelversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'model_version'), name='one_score_meaning')],
            },
        ),
    ]
