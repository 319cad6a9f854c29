import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("diagnosis", "0032_drift"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='modelversion',
            name='candidate',
            field=models.BooleanField(default=None, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='modelversion',
            name='candidate_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='modelversion',
            name='candidate_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='modelversion',
            name='candidate_trouble',
            field=models.CharField(blank=True, default='', editable=False, help_text='Why the portal stopped it as a candidate', max_length=500),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(fields=('purpose', 'candidate'), name='one_candidate_a_purpose'),
        ),
    ]
