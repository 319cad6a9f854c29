"""A prediction keeps what the checks corrected and what they warn of."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0046_worklist_order_after_withdrawal'),
    ]

    operations = [
        migrations.AddField(
            model_name='prediction',
            name='quality',
            field=models.JSONField(default=dict, help_text='What the checks corrected and what they warn of, with their checksum'),
        ),
    ]
