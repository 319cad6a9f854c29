"""The limits that count in a clinic for one version of a network."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_event_seals'),
        ('diagnosis', "0039_measured_point"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OperatingPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('origin', models.CharField(choices=[('here', 'Films of this clinic'), ('elsewhere', 'Films from elsewhere')], max_length=9)),
                ('normal_below', models.FloatField()),
                ('pathological_from', models.FloatField()),
                ('measured', models.JSONField(default=dict, help_text='On what: counts of films, period, AUROC with interval, yield at each cut')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('administrator_name', models.CharField(blank=True, max_length=310)),
                ('administrator_at', models.DateTimeField(editable=False, null=True)),
                ('doctor_name', models.CharField(blank=True, max_length=310)),
                ('doctor_at', models.DateTimeField(editable=False, null=True)),
                ('operator_name', models.CharField(blank=True, help_text='Who accepted them', max_length=310)),
                ('reason', models.CharField(blank=True, help_text='Why they were accepted', max_length=500)),
                ('in_force_from', models.DateTimeField(editable=False, null=True)),
                ('in_force_until', models.DateTimeField(editable=False, null=True)),
                ('withdrawn_at', models.DateTimeField(editable=False, null=True)),
                ('withdrawn_name', models.CharField(blank=True, max_length=310)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=500)),
                ('administrator', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='operating_points', to='accounts.clinic')),
                ('doctor', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='operating_points', to='diagnosis.modelversion')),
                ('operator', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['clinic', 'model_version', 'in_force_from'], name='point_in_force')],
            },
        ),
    ]
