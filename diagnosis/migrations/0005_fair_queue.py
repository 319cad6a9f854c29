"""Waiting films stand in a line for each sender, and clinics and senders are served by turns."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_email_rules_on_mysql'),
        ('diagnosis', '0004_prediction_of_two_classes'),
    ]

    operations = [
        migrations.AddField(
            model_name='scan',
            name='sender',
            field=models.CharField(
                default='', editable=False, help_text='Whose line in the queue it stands in', max_length=40
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['status', 'clinic', 'sender', 'enqueued_at'], name='scan_queue_lines'),
        ),
        migrations.CreateModel(
            name='QueueTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender', models.CharField(max_length=40)),
                ('turn', models.PositiveBigIntegerField(db_index=True, default=0)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.clinic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('clinic', 'sender'), name='queue_turn_of_sender')],
            },
        ),
    ]
