"""What became of a patient later."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0067_second_readings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('pcr', 'PCR'), ('ct', 'CT'), ('admission', 'Admission'), ('death', 'Death'), ('other', 'Other')], max_length=9)),
                ('on', models.DateField(verbose_name='date')),
                ('value', models.CharField(blank=True, max_length=200)),
                ('confirms', models.CharField(blank=True, choices=[('abnormal', 'The lungs were abnormal'), ('normal', 'The lungs were normal'), ('', 'Says nothing of the film')], max_length=8)),
                ('mistaken', models.BooleanField(default=False, help_text='Takes the corrected one back; says nothing else')),
                ('entered_name', models.CharField(max_length=310)),
                ('entered_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('corrects', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='diagnosis.patientoutcome')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='diagnosis.study')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
