"""Finds the films whose picture is the same, whatever file it came in."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0018_fill_films_read'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='prediction',
            index=models.Index(fields=['input_sha256'], name='prediction_input'),
        ),
    ]
