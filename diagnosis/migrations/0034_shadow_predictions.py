import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', "0033_model_candidate"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ShadowPrediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('outcome', models.CharField(choices=[('answered', 'Answered'), ('refused', 'Refused the film'), ('failed', 'Failed')], max_length=8)),
                ('code', models.CharField(blank=True, help_text='Why there is no answer', max_length=32)),
                ('finding', models.CharField(blank=True, choices=[('covid19', 'COVID-19'), ('pneumonia', 'Pneumonia'), ('normal', 'Normal'), ('other', 'Other finding')], max_length=10)),
                ('triage', models.CharField(blank=True, choices=[('pathological', 'Pathological'), ('unsure', 'Unsure'), ('normal', 'Normal')], max_length=12)),
                ('p_covid19', models.FloatField(null=True)),
                ('p_pneumonia', models.FloatField(null=True)),
                ('p_normal', models.FloatField(null=True)),
                ('raw_probabilities', models.JSONField(default=dict)),
                ('operating_point', models.JSONField(default=dict)),
                ('uncertainty', models.JSONField(default=dict)),
                ('bundle_checksum', models.CharField(max_length=64)),
                ('original_sha256', models.CharField(max_length=64)),
                ('input_sha256', models.CharField(blank=True, max_length=64)),
                ('library_versions', models.JSONField(default=dict)),
                ('timings_ms', models.JSONField(default=dict)),
                ('differs', models.BooleanField(default=False, help_text='Whether the two decide differently')),
                ('to_read', models.BooleanField(default=False, help_text='Whether a doctor is to read the film blind')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('scan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.scan')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.modelversion')),
                ('beside', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.modelversion')),
                ('prediction', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.prediction')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['model_version', 'to_read'], name='shadow_to_read')],
                'constraints': [models.UniqueConstraint(fields=('scan', 'model_version'), name='one_shadow_a_version')],
            },
        ),
    ]
