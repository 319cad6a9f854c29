"""What people are told about studies, in the portal and by mail."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0016_notice_choices'),
        ('diagnosis', '0071_reading_agreements_and_referrals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('urgent_waiting', 'An urgent study waits to be read'), ('overdue', 'A study is overdue'), ('film_refused', 'A film was refused'), ('question', 'A question about a study'), ('answer', 'An answer to a question'), ('referral', 'A study is asked to be read elsewhere, declined or passed on'), ('reading_signed', 'A reading is signed'), ('critical_waiting', 'A critical result is not acknowledged')], max_length=16)),
                ('about', models.CharField(blank=True, default='', max_length=64)),
                ('detail', models.CharField(blank=True, default='', max_length=64)),
                ('in_portal', models.BooleanField(default=True, help_text='Whether the person wants it in the portal')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(null=True)),
                ('mail_due_at', models.DateTimeField(db_index=True, null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='diagnosis.study')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['person', 'read_at', '-id'], name='notice_inbox')],
                'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'study', 'about'), name='notice_once')],
            },
        ),
    ]
