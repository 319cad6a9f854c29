"""A second doctor's reading of a signed study."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_clinic_letterhead'),
        ('diagnosis', '0066_first_reads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SecondReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('why', models.CharField(choices=[('named', 'asked for'), ('differs', 'the doctor signed another finding than the network’s'), ('trainee', 'signed by a doctor in training'), ('share', 'chosen by chance')], max_length=8)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('first_finding', models.CharField(blank=True, choices=[('covid19', 'COVID-19'), ('pneumonia', 'Pneumonia'), ('normal', 'Normal'), ('other', 'Other finding')], max_length=10)),
                ('third_finding', models.CharField(blank=True, choices=[('covid19', 'COVID-19'), ('pneumonia', 'Pneumonia'), ('normal', 'Normal'), ('other', 'Other finding')], max_length=10)),
                ('state', models.CharField(choices=[('waits', 'Waits for a second reader'), ('differs', 'Two readers differ: waits for a third'), ('agreed', 'Second reader agrees'), ('settled', 'Third reader decided'), ('withdrawn', 'Not needed any more')], default='waits', max_length=9)),
                ('is_open', models.BooleanField(default=True, null=True)),
                ('closed_at', models.DateTimeField(editable=False, null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('first_doctor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('second', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.firstread')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='second_readings', to='diagnosis.study')),
                ('third_doctor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['clinic', 'is_open', 'state'], name='second_reading_open')],
                'constraints': [models.UniqueConstraint(fields=('study', 'is_open'), name='one_open_second_reading')],
            },
        ),
    ]
