"""Critical results, and a clinic's rule of them."""

import diagnosis.models.reading_rules
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_token_replaced_by'),
        ('diagnosis', '0073_webhooks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='readingrules',
            name='critical_findings',
            field=models.JSONField(default=diagnosis.models.reading_rules.abnormal, help_text='Critical in an urgent study'),
        ),
        migrations.AddField(
            model_name='readingrules',
            name='critical_further',
            field=models.JSONField(default=list, help_text='Further findings that are always critical'),
        ),
        migrations.AddField(
            model_name='readingrules',
            name='critical_minutes',
            field=models.PositiveIntegerField(default=30, help_text='Until others hear of a critical result; 0: none is kept'),
        ),
        migrations.CreateModel(
            name='CriticalResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('why', models.CharField(choices=[('ticked', 'the signing doctor says so'), ('rule', 'by the clinic’s rule')], max_length=8)),
                ('codes', models.JSONField(default=list, help_text='The signed findings that the rule named')),
                ('since', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('step', models.PositiveSmallIntegerField(choices=[(0, 'the sender'), (1, 'the clinic’s doctors'), (2, 'the clinic’s administrators')], default=0)),
                ('next_at', models.DateTimeField(null=True)),
                ('is_open', models.BooleanField(default=True, null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_name', models.CharField(blank=True, default='', help_text='Who knows of it', max_length=200)),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.review')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='critical_results', to='diagnosis.study')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['is_open', 'next_at'], name='critical_due')],
                'constraints': [models.UniqueConstraint(fields=('study', 'is_open'), name='one_open_critical_result')],
            },
        ),
    ]
