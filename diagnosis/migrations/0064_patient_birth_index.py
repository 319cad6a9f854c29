"""Who enters a patient is shown those with the same birth date and a like name: found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0063_no_film_needs_attention'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['clinic', 'birth_date'], name='patient_clinic_born'),
        ),
    ]
