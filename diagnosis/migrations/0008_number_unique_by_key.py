"""A number is unique in its clinic by its key; what is searched by key has an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_email_rules_on_mysql'),
        ('diagnosis', '0007_fill_search_keys'),
    ]

    # The new ones first: MySQL keeps an index for each foreign key, and the clinic's is one of these.
    operations = [
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.UniqueConstraint(fields=('clinic', 'number_key'), name='patient_number_key_unique'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['clinic', 'last_name_key'], name='patient_clinic_name_key'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['clinic', 'number_look'], name='patient_clinic_number_look'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['clinic', 'accession_key'], name='study_clinic_accession'),
        ),
        migrations.RemoveConstraint(
            model_name='patient',
            name='patient_number_unique_in_clinic',
        ),
        migrations.RemoveIndex(
            model_name='patient',
            name='patient_clinic_last_name',
        ),
        migrations.AlterField(
            model_name='study',
            name='accession_number',
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
