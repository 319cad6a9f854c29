"""Clinics that read for others, the studies referred to them, and questions about those."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_token_replaced_by'),
        ('diagnosis', '0070_overdue_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReadingAgreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('covers', models.CharField(choices=[('all', 'All studies'), ('urgent', 'Urgent studies, and those that are asked for'), ('asked', 'Only those that are asked for')], default='all', max_length=6)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField(blank=True, null=True)),
                ('hours_from', models.TimeField(blank=True, null=True)),
                ('hours_to', models.TimeField(blank=True, null=True)),
                ('urgent_minutes', models.PositiveIntegerField(default=30, help_text='Target time for urgent studies')),
                ('routine_minutes', models.PositiveIntegerField(default=240, help_text='Target time for the others')),
                ('state', models.CharField(choices=[('asked', 'Waits for the other clinic'), ('agreed', 'Agreed'), ('declined', 'Declined'), ('ended', 'Ended')], default='asked', max_length=8)),
                ('is_open', models.BooleanField(default=True, null=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('decided_at', models.DateTimeField(editable=False, null=True)),
                ('declined_reason', models.CharField(blank=True, default='', max_length=500)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements_to_be_read', to='accounts.clinic')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reading_clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreements_to_read', to='accounts.clinic')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('question', models.CharField(blank=True, default='', help_text='Asked of the reader', max_length=500)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('accepted_at', models.DateTimeField(editable=False, null=True)),
                ('read_at', models.DateTimeField(editable=False, null=True)),
                ('returned_at', models.DateTimeField(editable=False, null=True)),
                ('state', models.CharField(choices=[('requested', 'Asked for'), ('accepted', 'Accepted'), ('returned', 'Read and returned'), ('declined', 'Declined'), ('passed_on', 'Passed on'), ('withdrawn', 'Withdrawn')], default='requested', max_length=9)),
                ('is_open', models.BooleanField(default=True, null=True)),
                ('closed_at', models.DateTimeField(editable=False, null=True)),
                ('closed_reason', models.CharField(blank=True, default='', max_length=500)),
                ('accepted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='diagnosis.readingagreement')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('passed_from', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='passed_to', to='diagnosis.referral')),
                ('reading_clinic', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='diagnosis.study')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Inquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('question', models.CharField(max_length=1000)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('answer', models.CharField(blank=True, default='', max_length=1000)),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inquiries', to='diagnosis.study')),
                ('referral', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inquiries', to='diagnosis.referral')),
            ],
            options={
                'verbose_name_plural': 'inquiries',
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='readingagreement',
            constraint=models.UniqueConstraint(fields=('clinic', 'reading_clinic', 'is_open'), name='one_open_agreement_of_two_clinics'),
        ),
        migrations.AddConstraint(
            model_name='readingagreement',
            constraint=models.CheckConstraint(condition=models.Q(('clinic', models.F('reading_clinic')), _negated=True), name='agreement_of_two_clinics'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['reading_clinic', 'is_open', 'clinic'], name='referral_to_read'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['reading_clinic', 'study'], name='referral_reader_study'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['is_open', 'agreement'], name='referral_open_agreement'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['clinic', '-id'], name='referral_clinic_newest'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.UniqueConstraint(fields=('study', 'is_open'), name='one_open_referral'),
        ),
    ]
