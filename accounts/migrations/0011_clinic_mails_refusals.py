"""A clinic may have the senders of refused films mailed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_event_seals'),
    ]

    operations = [
        migrations.AddField(
            model_name='clinic',
            name='mails_refusals',
            field=models.BooleanField(default=False, help_text='Whoever sent a film in the browser is mailed if it is refused.', verbose_name='mail about refused films'),
        ),
    ]
