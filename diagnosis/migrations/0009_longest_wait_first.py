"""The worklist shows the longest wait first within a rank; its indexes follow that order."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0008_number_unique_by_key'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='study',
            options={'ordering': ['-created_at', '-id'], 'verbose_name_plural': 'studies'},
        ),
        # MySQL needs an index on the foreign key at all times: the new one stands before the old one goes
        migrations.RenameIndex('study', old_name='study_worklist', new_name='study_worklist_old'),
        migrations.AddIndex(
            'study', models.Index(fields=['clinic', 'rank', 'created_at', 'id'], name='study_worklist')
        ),
        migrations.RemoveIndex('study', 'study_worklist_old'),
        migrations.RenameIndex('study', old_name='study_worklist_state', new_name='study_state_old'),
        migrations.AddIndex(
            'study',
            models.Index(fields=['clinic', 'state', 'rank', 'created_at', 'id'], name='study_worklist_state'),
        ),
        migrations.RemoveIndex('study', 'study_state_old'),
    ]
