"""Machines that speak DICOM with a clinic, films that a person has to settle, and deliveries to archives."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_event_seals'),
        ('diagnosis', '0027_dicom_uids_once'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Archive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('protocol', models.CharField(choices=[('c-store', 'DICOM (C-STORE)'), ('stow', 'DICOMweb (STOW-RS)')], max_length=8)),
                ('host', models.CharField(blank=True, default='', help_text='C-STORE: its name or address', max_length=255)),
                ('port', models.PositiveIntegerField(blank=True, help_text='C-STORE: usually 104 or 11112', null=True)),
                ('ae_title', models.CharField(blank=True, default='', max_length=16, validators=[django.core.validators.RegexValidator('^[\\x21-\\x5b\\x5d-\\x7e](?:[\\x20-\\x5b\\x5d-\\x7e]{0,14}[\\x21-\\x5b\\x5d-\\x7e])?\\Z', 'An AE title has 1 to 16 characters of ASCII, no backslash, and no space at its ends.')], verbose_name='AE title')),
                ('calling_ae_title', models.CharField(default='CARINA', max_length=16, validators=[django.core.validators.RegexValidator('^[\\x21-\\x5b\\x5d-\\x7e](?:[\\x20-\\x5b\\x5d-\\x7e]{0,14}[\\x21-\\x5b\\x5d-\\x7e])?\\Z', 'An AE title has 1 to 16 characters of ASCII, no backslash, and no space at its ends.')], verbose_name='our AE title')),
                ('tls', models.BooleanField(default=False, verbose_name='TLS')),
                ('url', models.URLField(blank=True, default='', help_text='STOW-RS: the address that ends before /studies')),
                ('credentials', models.CharField(blank=True, default='', help_text="STOW-RS: the Authorization header's value", max_length=500)),
                ('active', models.BooleanField(default=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='archives', to='accounts.clinic')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('sop_instance_uid', models.CharField(editable=False, max_length=64)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('delivered', 'Delivered'), ('failed', 'Failed')], default='waiting', editable=False, max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('next_try_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('claimed_at', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('reason', models.CharField(blank=True, default='', editable=False, max_length=500)),
                ('archive', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='diagnosis.archive')),
                ('asked_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='accounts.clinic')),
                ('scan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='diagnosis.scan')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='DicomSender',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('ae_title', models.CharField(max_length=16, validators=[django.core.validators.RegexValidator('^[\\x21-\\x5b\\x5d-\\x7e](?:[\\x20-\\x5b\\x5d-\\x7e]{0,14}[\\x21-\\x5b\\x5d-\\x7e])?\\Z', 'An AE title has 1 to 16 characters of ASCII, no backslash, and no space at its ends.')], verbose_name='AE title')),
                ('address', models.CharField(help_text='Its IP address, or a network such as 10.1.2.0/24', max_length=43)),
                ('character_set', models.CharField(blank=True, default='', help_text='For films that name none but do not write ASCII, for example ISO_IR 100; empty: none', max_length=32)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dicom_senders', to='accounts.clinic')),
            ],
            options={
                'verbose_name': 'DICOM sender',
                'ordering': ['ae_title', 'address'],
            },
        ),
        migrations.CreateModel(
            name='HeldFilm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('why', models.CharField(choices=[('other_person', 'The number is on record for somebody else'), ('other_study', 'The study is on record for another patient'), ('no_number', 'The film names no patient')], editable=False, max_length=16)),
                ('original_name', models.CharField(editable=False, max_length=255)),
                ('original', models.CharField(editable=False, help_text='Path below DATA_DIR', max_length=255)),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('size_bytes', models.PositiveBigIntegerField(editable=False)),
                ('media_type', models.CharField(editable=False, max_length=32)),
                ('width', models.PositiveIntegerField(editable=False)),
                ('height', models.PositiveIntegerField(editable=False)),
                ('sop_instance_uid', models.CharField(editable=False, max_length=64)),
                ('study_instance_uid', models.CharField(editable=False, max_length=64)),
                ('header', models.JSONField(default=dict, editable=False, help_text='What the film says of itself')),
                ('door', models.CharField(choices=[('browser', 'Browser'), ('api', 'API'), ('dicomweb', 'DICOMweb'), ('dicom', 'X-ray machine'), ('demo', 'Demonstration')], editable=False, max_length=8)),
                ('sender', models.CharField(editable=False, max_length=40)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('outcome', models.CharField(blank=True, choices=[('', 'Waiting'), ('filed', 'Filed'), ('rejected', 'Rejected')], default='', editable=False, max_length=8)),
                ('settled_at', models.DateTimeField(editable=False, null=True)),
                ('reason', models.CharField(blank=True, default='', editable=False, max_length=500)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held_films', to='accounts.clinic')),
                ('patient', models.ForeignKey(editable=False, help_text='The one on record whom it contradicts', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.patient')),
                ('scan', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='held_before', to='diagnosis.scan')),
                ('settled_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(editable=False, help_text='The one on record that it contradicts', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.study')),
            ],
            options={
                'ordering': ['received_at', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='archive',
            constraint=models.UniqueConstraint(fields=('clinic', 'name'), name='archive_name_once'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['state', 'next_try_at'], name='delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('scan', 'archive'), name='delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='dicomsender',
            constraint=models.UniqueConstraint(fields=('ae_title', 'address'), name='dicom_sender_once'),
        ),
        migrations.AddIndex(
            model_name='heldfilm',
            index=models.Index(fields=['clinic', 'outcome', 'received_at'], name='held_film_waiting'),
        ),
        migrations.AddConstraint(
            model_name='heldfilm',
            constraint=models.UniqueConstraint(fields=('clinic', 'sha256'), name='held_film_once'),
        ),
    ]
