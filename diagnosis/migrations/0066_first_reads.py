"""A doctor's word before any answer of a network."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0065_reading_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FirstRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('stage', models.CharField(choices=[('first', 'First read'), ('second', 'Second read')], max_length=6)),
                ('finding', models.CharField(blank=True, choices=[('covid19', 'COVID-19'), ('pneumonia', 'Pneumonia'), ('normal', 'Normal'), ('other', 'Other finding')], help_text='Empty: the doctor cannot say', max_length=10)),
                ('zones', models.JSONField(default=dict, help_text='Grades 0 to 3 by zone, A to F; those that were given')),
                ('blind_to', models.JSONField(default=list, help_text='Public ids of the results that were not shown')),
                ('seen_before', models.BooleanField(default=False)),
                ('opened_at', models.DateTimeField()),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('doctor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='first_reads', to='diagnosis.study')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('study', 'doctor'), name='one_first_read_a_doctor')],
            },
        ),
    ]
