"""Drafts of many films at once."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_token_replaced_by'),
        ('diagnosis', '0074_critical_results'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.clinic')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BatchFilm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('draft', 'Not sent yet'), ('refused', 'Not taken'), ('sending', 'Being sent'), ('sent', 'Sent')], default='draft', max_length=8)),
                ('name', models.CharField(max_length=255)),
                ('stored', models.CharField(blank=True, help_text='Path below DATA_DIR', max_length=255)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('size_bytes', models.PositiveBigIntegerField(default=0)),
                ('media_type', models.CharField(blank=True, max_length=32)),
                ('header', models.JSONField(default=dict, help_text='What a DICOM film says of itself')),
                ('typed', models.JSONField(default=dict)),
                ('told', models.CharField(blank=True, help_text='Why it is still here, or what became of it', max_length=1000)),
                ('tried', models.BooleanField(default=False, help_text='Whether Send was pressed: its gaps are told from then on')),
                ('alike', models.JSONField(default=list, help_text='Public ids of those whom its new patient resembles')),
                ('sending', models.UUIDField(help_text='The key under which it is being sent, with its group', null=True)),
                ('sending_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='films', to='diagnosis.batch')),
                ('study', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='diagnosis.study')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['changed_at'], name='batch_changed'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(fields=('owner', 'clinic'), name='batch_one_a_person'),
        ),
        migrations.AddIndex(
            model_name='batchfilm',
            index=models.Index(fields=['batch', 'sha256'], name='batch_film_bytes'),
        ),
    ]
