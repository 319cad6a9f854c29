"""A birth date may be a year, or a year and month; those on record keep their text (`1961-04-12`)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0023_merge_public_id_unique'),
    ]

    operations = [
        migrations.AlterField(
            model_name='patient',
            name='birth_date',
            field=models.CharField(blank=True, max_length=10, null=True),
        ),
    ]
