"""How far the network's answer wobbles between views of the same film; earlier predictions have none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0002_scan_set_aside'),
    ]

    operations = [
        migrations.AddField(
            model_name='prediction',
            name='uncertainty',
            field=models.JSONField(default=dict, help_text='How the network wobbles between looks at the film, and whether the film is strange to it'),
        ),
    ]
