"""What the checks did with every film, for counting."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_clinic_mails_refusals'),
        ('diagnosis', '0048_scan_corrections_and_appeals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('refused', 'Refused'), ('corrected', 'Corrected'), ('cautioned', 'Read with caution'), ('undone', 'Correction undone'), ('appealed', 'Appealed')], editable=False, max_length=9)),
                ('code', models.CharField(editable=False, max_length=32, verbose_name='reason')),
                ('confidence', models.FloatField(editable=False, help_text='Of the checks, 0 to 1', null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(db_constraint=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('model_version', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.modelversion')),
                ('scan', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='diagnosis.scan')),
            ],
            options={
                'verbose_name': 'film check',
                'verbose_name_plural': 'film checks',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['clinic', 'kind', 'code'], name='check_entry_reasons')],
            },
        ),
    ]
