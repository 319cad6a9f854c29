"""Today's reviews are counted on the list of work: by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0058_study_done_at'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['signed_at', 'doctor'], name='review_signed'),
        ),
    ]
