"""Films that arrive by pieces over a slow line."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_token_replaced_by'),
        ('diagnosis', '0075_batches'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(editable=False, help_text='For its sender alone; in no log', max_length=255)),
                ('length', models.PositiveBigIntegerField(editable=False)),
                ('offset', models.PositiveBigIntegerField(default=0, editable=False, help_text='How many bytes came')),
                ('path', models.CharField(editable=False, help_text='Path below DATA_DIR', max_length=100)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField(editable=False)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('taken_at', models.DateTimeField(editable=False, help_text='When a form brought it; kept a little longer for a repeat', null=True)),
                ('clinic', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
                ('user', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(fields=['user', 'taken_at', 'expires_at'], name='upload_of_person'), models.Index(fields=['expires_at'], name='upload_over')],
            },
        ),
    ]
