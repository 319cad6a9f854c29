"""How far the studies of withdrawn limits are put in their place in the worklist."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0045_review_read_label'),
    ]

    operations = [
        migrations.AddField(
            model_name='operatingpoint',
            name='ordered_to',
            field=models.PositiveBigIntegerField(editable=False, help_text='The last study put in order since these were withdrawn; none when all are', null=True),
        ),
    ]
