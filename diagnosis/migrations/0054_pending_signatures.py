"""Signatures that can still be taken back."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0053_phrases'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PendingSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('signed_name', models.CharField(editable=False, max_length=310)),
                ('signed_licence', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('words', models.JSONField(editable=False, help_text='What is signed when the time is over')),
                ('typed', models.JSONField(editable=False, help_text='The form as it was sent, to be given back')),
                ('state', models.CharField(choices=[('waiting', 'Can be undone'), ('final', 'Signed'), ('undone', 'Taken back'), ('returned', 'Not signed')], default='waiting', editable=False, max_length=8)),
                ('open', models.BooleanField(default=True, editable=False, null=True)),
                ('pressed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('due_at', models.DateTimeField(editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('told', models.CharField(blank=True, default='', editable=False, max_length=1000)),
                ('dealt_with', models.BooleanField(default=False, editable=False, help_text='Whether its doctor signed again or discarded what came back')),
                ('doctor', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.study')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['open', 'due_at'], name='signature_due'), models.Index(fields=['doctor', 'dealt_with', 'state'], name='signature_of_doctor')],
                'constraints': [models.UniqueConstraint(fields=('study', 'doctor', 'open'), name='signature_one_open')],
            },
        ),
    ]
