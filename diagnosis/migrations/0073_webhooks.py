"""Webhooks of clinics, and what each was told."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_token_replaced_by'),
        ('diagnosis', '0072_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('address', models.CharField(max_length=500)),
                ('kinds', models.JSONField(default=list)),
                ('secret', models.TextField()),
                ('former_secret', models.TextField(blank=True, default='')),
                ('former_until', models.DateTimeField(null=True)),
                ('active', models.BooleanField(default=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('renewed_at', models.DateTimeField(editable=False, help_text='When its secret was last renewed', null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='accounts.clinic')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-active', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('urgent_waiting', 'An urgent study waits for a doctor'), ('overdue', 'A study is overdue'), ('film_refused', 'A film was refused, and why'), ('question', 'Somebody asked a question about a study'), ('answer', 'A question was answered'), ('referral', 'A study was referred, or its referral answered'), ('reading_signed', 'A reading was signed'), ('critical_waiting', 'A critical result is not acknowledged'), ('test', 'Test')], max_length=20)),
                ('study', models.UUIDField(help_text="The study's public id; none in a test", null=True)),
                ('about', models.CharField(blank=True, default='', help_text='What of the study, by its id', max_length=80)),
                ('why', models.CharField(blank=True, default='', help_text='A code; never a sentence', max_length=64)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('delivered', 'Delivered'), ('given_up', 'Given up')], default='waiting', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(help_text="The last answer's status code", null=True)),
                ('words', models.CharField(blank=True, default='', help_text='What came of the last try', max_length=200)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='diagnosis.webhook')),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['state', 'next_try_at'], name='webhook_due'), models.Index(fields=['study', 'kind'], name='webhook_study')],
                'constraints': [models.UniqueConstraint(fields=('webhook', 'kind', 'study', 'about'), name='webhook_told_once')],
            },
        ),
    ]
