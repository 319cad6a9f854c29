"""Whom the page of many films named for a row's number."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0076_resumable_uploads'),
    ]

    operations = [
        migrations.AddField(
            model_name='batchfilm',
            name='shown',
            field=models.CharField(blank=True, default='', help_text='Whom the page named for its number: a public id, or new', max_length=36),
            preserve_default=False,
        ),
    ]
