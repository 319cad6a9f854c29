"""Fills the keys of the rows that are there.

Patients of a clinic whose numbers look alike stay two: the first keeps the key, each other one's is marked as
a twin's. `manage.py lookalike_patients` lists them.
"""

from django.db import migrations

from diagnosis import spelling
from diagnosis.models.keyed import TWIN

BATCH = 500


def fill_patients(apps, schema_editor):
    Patient = apps.get_model('diagnosis', 'Patient')
    seen = {}
    batch = []
    for patient in Patient.objects.order_by('id').iterator(chunk_size=BATCH):
        key = spelling.key(patient.number)
        met = seen[patient.clinic_id, key] = seen.get((patient.clinic_id, key), 0) + 1
        patient.number_key = key if met == 1 else f'{key}{TWIN}{met}'
        patient.number_look = spelling.look(patient.number)
        patient.first_name_key = spelling.key(patient.first_name)
        patient.last_name_key = spelling.key(patient.last_name)
        batch.append(patient)
        if len(batch) == BATCH:
            store(Patient, batch)
            batch = []
    store(Patient, batch)


def store(Patient, batch):
    fields = ['number_key', 'number_look', 'first_name_key', 'last_name_key']
    Patient.objects.bulk_update(batch, fields, batch_size=100)


def fill_studies(apps, schema_editor):
    Study = apps.get_model('diagnosis', 'Study')
    batch = []
    for study in Study.objects.exclude(accession_number='').order_by('id').iterator(chunk_size=BATCH):
        study.accession_key = spelling.key(study.accession_number)
        batch.append(study)
        if len(batch) == BATCH:
            Study.objects.bulk_update(batch, ['accession_key'], batch_size=100)
            batch = []
    Study.objects.bulk_update(batch, ['accession_key'], batch_size=100)


class Migration(migrations.Migration):

    dependencies = [
        ('diagnosis', '0006_search_keys'),
    ]

    operations = [
        migrations.RunPython(fill_patients, migrations.RunPython.noop),
        migrations.RunPython(fill_studies, migrations.RunPython.noop),
    ]
