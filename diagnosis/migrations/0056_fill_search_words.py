"""Writes the words of the patients that are there; where it is stopped, it goes on."""

from django.db import migrations

from diagnosis.models.patient_word import words_of

BATCH = 1000


def fill(apps, schema_editor):
    Patient, PatientWord = (apps.get_model('diagnosis', name) for name in ('Patient', 'PatientWord'))
    last = PatientWord.objects.order_by('-patient').values_list('patient', flat=True).first() or 0
    PatientWord.objects.filter(patient=last).delete()
    reached = last - 1
    facts = ('pk', 'clinic_id', 'number', 'first_name', 'last_name')
    while rows := list(Patient.objects.filter(pk__gt=reached).order_by('pk').values_list(*facts)[:BATCH]):
        words = [
            PatientWord(clinic_id=clinic, patient_id=pk, word=word)
            for pk, clinic, *texts in rows
            for word in words_of(*texts)
        ]
        PatientWord.objects.bulk_create(words, batch_size=BATCH)
        reached = rows[-1][0]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('diagnosis', '0055_search_words'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
