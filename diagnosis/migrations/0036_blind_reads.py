import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', "0035_shadow_errands"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BlindRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('word', models.CharField(choices=[('normal', 'Normal'), ('covid19', 'COVID-19'), ('other', 'Pneumonia or another finding'), ('cannot_say', 'Cannot say')], max_length=10)),
                ('read_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('doctor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('shadow', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='diagnosis.shadowprediction')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shadow',), name='one_blind_read_a_film')],
            },
        ),
    ]
