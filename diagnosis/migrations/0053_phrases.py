"""The phrases that a clinic puts into its notes."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_clinic_letterhead'),
        ('diagnosis', '0052_review_structured'),
    ]

    operations = [
        migrations.CreateModel(
            name='Phrase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('title', models.CharField(max_length=80)),
                ('text', models.CharField(max_length=1000)),
                ('active', models.BooleanField(default=True, verbose_name='in use')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phrases', to='accounts.clinic')),
            ],
            options={
                'ordering': ['title', 'id'],
            },
        ),
    ]
