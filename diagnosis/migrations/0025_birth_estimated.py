"""A birth date may be an estimate."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0024_birth_date_in_part'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='birth_estimated',
            field=models.BooleanField(default=False),
        ),
    ]
