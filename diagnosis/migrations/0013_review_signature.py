"""A signature keeps the name and the licence number of its day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0012_rows_before_seals'),
    ]

    operations = [
        migrations.AddField(
            model_name='review',
            name='signed_name',
            field=models.CharField(default='', help_text="The doctor's name when this was signed", max_length=310),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='review',
            name='signed_licence',
            field=models.CharField(blank=True, default='', help_text="The doctor's licence number when this was signed", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='review',
            name='name_added_later',
            field=models.BooleanField(default=False, help_text='Signed before names were kept: name and licence are those of the day of that update'),
        ),
    ]
