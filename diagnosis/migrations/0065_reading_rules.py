"""What a clinic asks of its readings."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_clinic_letterhead'),
        ('diagnosis', '0064_patient_birth_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReadingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('blind_first', models.BooleanField(default=False, help_text='Doctors give their word before the network.')),
                ('blind_since', models.DateTimeField(editable=False, null=True)),
                ('second_share', models.PositiveSmallIntegerField(default=0, help_text='Percent of signed studies read twice', validators=[django.core.validators.MaxValueValidator(100)])),
                ('second_on_difference', models.BooleanField(default=False, help_text="A second reader where the doctor signs another finding than the network's")),
                ('trainees', models.JSONField(default=list, help_text='Public ids of doctors whose studies are read twice')),
                ('urgent_minutes', models.PositiveIntegerField(default=30, help_text='0: never overdue')),
                ('routine_minutes', models.PositiveIntegerField(default=240, help_text='0: never overdue')),
                ('mails_overdue', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ordered_to', models.PositiveBigIntegerField(editable=False, help_text='Up to which open study the worklist is sorted anew', null=True)),
                ('clinic', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reading_rules', to='accounts.clinic')),
            ],
            options={
                'verbose_name_plural': 'reading rules',
            },
        ),
    ]
