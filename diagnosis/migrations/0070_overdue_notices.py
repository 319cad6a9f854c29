"""That a clinic's doctors were mailed about an overdue study."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0069_score_meanings'),
    ]

    operations = [
        migrations.CreateModel(
            name='OverdueNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('study', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='overdue_notice', to='diagnosis.study')),
            ],
        ),
    ]
